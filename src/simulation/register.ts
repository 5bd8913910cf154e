import { isDeepStrictEqual } from 'node:util';
import type { SnapshotFrom } from 'xstate';
import { registrationMachine } from '../../machines/registration.ts';
import { child, getChild, type SupervisorRef, startChild, stopChild } from '../../machines/supervisor.ts';
import type { Logger } from '../log.ts';
import { postRegistration } from '../operations/post-registration.ts';
import { type PublicAddress, serverUrl } from '../operations/public-url.ts';
import { problemOf } from '../outward-fetch.ts';

/** What services are told, and which they are. */
export interface PublicServer extends PublicAddress {
  readonly port: number;
  readonly shareIdleTime: number;
  readonly allowedRepositories: readonly string[];
  readonly notify: readonly string[];
}

/** Tells web services of this server, each by an actor of its own below the role; the log says what becomes of it. */
export interface Registrations {
  /** Tells every service that has not been told this. A service that is no longer named is not asked any more. */
  update(server: PublicServer): Promise<void>;
}

export function createRegistrations(role: SupervisorRef, log: Logger): Registrations {
  const told = new Map<string, object>();
  /** Updates follow each other, so that the last one counts. */
  let last: Promise<void> = Promise.resolve();

  async function update({ notify, ...server }: PublicServer): Promise<void> {
    const form = {
      url: serverUrl(server, server.port),
      shareIdleTime: String(server.shareIdleTime),
      allowedRepositories: server.allowedRepositories.join(','),
    };
    const wanted = new Set(notify);
    const outdated = [...told].filter(([service, before]) => !wanted.has(service) || !isDeepStrictEqual(before, form));
    for (const [service] of outdated) {
      told.delete(service);
      if (getChild(role, idOf(service))) await stopChild(role, idOf(service));
    }
    for (const service of wanted) {
      if (told.has(service)) continue;
      told.set(service, form);
      await start(service, form);
    }
  }

  async function start(service: string, form: Readonly<Record<string, string>>): Promise<void> {
    const logic = registrationMachine.provide({ actors: { post: postRegistration } });
    const spec = child({ id: idOf(service), src: logic, input: { service, form }, restart: 'temporary' });
    const reply = await startChild(role, spec);
    if (!reply.ok) return log.error({ service, reason: reply.reason }, 'registration not started');
    reply.ref?.subscribe({
      next: (snapshot) => {
        const { value, context } = snapshot as SnapshotFrom<typeof registrationMachine>;
        if (value === 'registered') log.info({ service, answer: context.answer }, 'registered');
        if (value === 'refused') log.warn({ service, problem: problemOf(context.failure) }, 'registration given up');
      },
      // Told by the supervisor's report.
      error: () => {},
    });
  }

  return {
    update(server) {
      const updated = last.then(() => update(server));
      last = updated.catch(() => {});
      return updated;
    },
  };
}

function idOf(service: string): string {
  return `registration ${service}`;
}
