import type { SnapshotFrom } from 'xstate';
import { registrationMachine } from '../../machines/registration.ts';
import { child, type SupervisorRef, startChild } from '../../machines/supervisor.ts';
import type { Logger } from '../log.ts';
import { postRegistration } from '../operations/post-registration.ts';
import { type PublicAddress, serverUrl } from './public-url.ts';

/** What a service is told. */
export interface PublicServer extends PublicAddress {
  readonly port: number;
  readonly shareIdleTime: number;
  readonly allowedRepositories: readonly string[];
}

/** Registers this server at a service, by an actor of its own below `role`; what becomes of it is told by the log. */
export function register(role: SupervisorRef, service: string, server: PublicServer, log: Logger): void {
  const form = {
    url: serverUrl(server, server.port),
    shareIdleTime: String(server.shareIdleTime),
    allowedRepositories: server.allowedRepositories.join(','),
  };
  const logic = registrationMachine.provide({ actors: { post: postRegistration } });
  const spec = child({ id: `registration ${service}`, src: logic, input: { service, form }, restart: 'temporary' });
  void startChild(role, spec).then((reply) => {
    if (!reply.ok) return log.error({ service, reason: reply.reason }, 'registration not started');
    reply.ref?.subscribe({
      next: (snapshot) => {
        const { value, context } = snapshot as SnapshotFrom<typeof registrationMachine>;
        if (value === 'registered') log.info({ service, answer: context.answer }, 'registered');
        if (value === 'refused') log.warn({ service }, 'registration given up');
      },
      // Told by the supervisor's report.
      error: () => {},
    });
  });
}
