import { join } from 'node:path';
import { type AnyEventObject, fromCallback } from 'xstate';
import type { CheckoutReport, FailureReport, StartRequest } from '../../machines/client-session-types.ts';
import { endOf, isExpected } from '../errors.ts';
import { type Checkout, gitFolderIn, type ProjectCheckout } from '../projects/checkout.ts';
import type { GitHosts } from '../projects/git-hosts.ts';
import { parseWorldUrl } from '../projects/world-url.ts';
import type { Reaper } from '../reaper/reaper.ts';
import { folderFailure } from './folder-failure.ts';
import { createInstanceFolder } from './instance-folder.ts';
import type { Ownership } from './ownership.ts';

export interface CheckoutTools {
  readonly checkout: Checkout;
  readonly ownership: Ownership;
  readonly reaper: Reaper;
  /** Git hosts that are served, beside `github.com`. */
  hosts(): GitHosts | undefined;
  /** Folder in which each session gets one of its own. */
  readonly instances: string;
  /** The project of each session that has one; an entry lives as long as its folder. */
  readonly projects: Map<string, ProjectCheckout>;
  /** Hears of each project that is there. */
  onCheckedOut(id: string, project: ProjectCheckout): void;
}

/**
 * The `checkout` actor of `clientSessionMachine`: a folder, and the project in
 * it. Leaving the state aborts it; the claims `ledger`, `folder` and `checkout`
 * are what must be given back.
 */
export function checkoutProject(tools: CheckoutTools) {
  const { checkout, ownership, reaper, hosts, instances, projects, onCheckedOut } = tools;
  return fromCallback<AnyEventObject, { id: string; request: StartRequest }>(({ input, sendBack }) => {
    const { id, request } = input;
    const report = (event: CheckoutReport | FailureReport) => sendBack(event);
    const folder = join(instances, id);
    const abort = new AbortController();

    ownership.claim(id, 'ledger', () => reaper.forget(id));
    ownership.claim(id, 'folder', async () => {
      projects.delete(id);
      await reaper.removeFolder(folder);
    });
    const settled = run();
    ownership.claim(id, 'checkout', async () => {
      abort.abort();
      await settled;
      await reaper.removeFolder(gitFolderIn(folder));
    });
    return () => abort.abort();

    async function takeFolder(): Promise<void> {
      try {
        await reaper.hold(id, { folder });
        await createInstanceFolder(folder);
      } catch (error) {
        throw folderFailure(error);
      }
    }

    async function run(): Promise<void> {
      try {
        await takeFolder();
        const project = await checkout.checkout({
          world: parseWorldUrl(request.url, hosts()),
          folder,
          signal: abort.signal,
          onProgress: (line) => report({ type: 'checkout.progressed', line }),
          session: id,
        });
        projects.set(id, project);
        onCheckedOut(id, project);
        const { projectFolder, worldPath } = project;
        report({ type: 'checkout.finished', project: { projectFolder, worldPath } });
      } catch (error) {
        // Who aborted has left and no longer listens.
        if (abort.signal.aborted) return;
        if (isExpected(error)) report({ type: 'checkout.failed', end: endOf(error) });
        else report({ type: 'actor.failed', actor: 'checkout', error });
      }
    }
  });
}
