import type { MailDigest, ServerDigest, ToldState } from '../../machines/mailer.ts';

/** Longest part of a problem's description that is repeated, in characters: our choice. */
const MAX_PROBLEM = 200;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What a mail says, in plain text. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
}

/** What became of a server, as a person would say it. */
type Outcome = 'failed' | 'full' | 'closed' | 'back' | 'roomy';

const SUBJECTS: Readonly<Record<Outcome, string>> = {
  failed: 'does not answer',
  full: 'is full',
  closed: 'takes no clients',
  back: 'is back',
  roomy: 'has room again',
};

/** As above, of several servers. */
const PLURAL_SUBJECTS: Readonly<Record<Outcome, string>> = {
  failed: 'do not answer',
  full: 'are full',
  closed: 'take no clients',
  back: 'are back',
  roomy: 'have room again',
};

const ADVICE: Readonly<Record<Outcome, string>> = {
  failed:
    'What to do: see whether the machine runs and can be reached. On it, `./server.sh status`, or `systemctl status` for a service, tells whether the simulation server runs, its log why it ended, and `./server.sh start`, or `systemctl start`, starts it. It gets no clients until it answers.',
  full: 'What to do: nothing, if this is rare; clients are sent to other servers until its load falls. Another simulation server in `simulationServers` helps where it is not.',
  closed:
    'What to do: nothing, if you have drained or stopped it. Else its page /monitor has "Take simulations again".',
  back: 'What to do: nothing. It gets clients again.',
  roomy: 'What to do: nothing. It gets clients again.',
};

const STATE_NAMES: Readonly<Record<ToldState, string>> = {
  available: 'available',
  overloaded: 'full',
  draining: 'draining',
  unreachable: 'unreachable',
};

/**
 * The mail that tells of a digest.
 *
 * @param server host name of the session server, which signs
 * @param monitorUrl where its monitor page is
 */
export function mailText(digest: MailDigest, server: string, monitorUrl: string): MailText {
  const paragraphs = [
    'Dear administrator,',
    ...digest.servers.map(serverParagraph),
    availabilityLine(digest),
    `How all servers are now: ${monitorUrl}`,
    `Your session server on ${server}`,
  ];
  return { subject: subjectOf(digest.servers), text: `${paragraphs.join('\n\n')}\n` };
}

function subjectOf(servers: readonly ServerDigest[]): string {
  const [first] = servers;
  if (first && servers.length === 1) return `Simulation server ${first.entry} ${SUBJECTS[outcomeOf(first)]}`;
  const counted = (Object.keys(SUBJECTS) as Outcome[]).flatMap((outcome) => {
    const count = servers.filter((server) => outcomeOf(server) === outcome).length;
    return count === 0 ? [] : `${count} ${(count === 1 ? SUBJECTS : PLURAL_SUBJECTS)[outcome]}`;
  });
  return `Simulation servers: ${counted.join(', ')}`;
}

function serverParagraph(server: ServerDigest): string {
  const outcome = outcomeOf(server);
  return [mainSentence(server, outcome), changesSentence(server), ADVICE[outcome]].filter(Boolean).join('\n');
}

function mainSentence(server: ServerDigest, outcome: Outcome): string {
  const since = `since ${timeText(server.at)}`;
  const load = server.load === undefined ? '' : ` (load ${Math.round(server.load)}%)`;
  switch (outcome) {
    case 'failed':
      return `The simulation server ${server.entry} has not answered ${since}${problemText(server.problem)}.`;
    case 'full':
      return `The simulation server ${server.entry} has been full ${since}${load}.`;
    case 'closed':
      return `The simulation server ${server.entry} has taken no clients ${since}: it was drained, or is being stopped.`;
    case 'back':
      return `The simulation server ${server.entry} has answered again ${since}${load}${absenceText(server)}.`;
    case 'roomy':
      return `The simulation server ${server.entry} has had room again ${since}${load}${absenceText(server)}.`;
  }
}

/** Empty where the main sentence says it all. */
function changesSentence({ entered, firstAt, at, before }: ServerDigest): string {
  const counts = (Object.keys(entered) as ToldState[]).filter((state) => entered[state] > 0);
  const changes = counts.reduce((sum, state) => sum + entered[state], 0);
  if (changes === 1) return '';
  const parts = counts.map((state) => `${STATE_NAMES[state]} ${entered[state]} times`.replace(' 1 times', ' once'));
  const length = at - firstAt < SECOND ? 'less than a second' : durationText(at - firstAt);
  return `It was ${STATE_NAMES[before]}, and changed ${changes} times within ${length}: ${parts.join(', ')}.`;
}

/** How long the state lasted that is over, where one change tells it. */
function absenceText({ before, beforeSince, firstAt, entered }: ServerDigest): string {
  const changes = Object.values(entered).reduce((sum, count) => sum + count, 0);
  if (changes !== 1 || beforeSince === undefined) return '';
  return `; it was ${STATE_NAMES[before]} for ${durationText(firstAt - beforeSince)}`;
}

function outcomeOf({ state, before, entered }: ServerDigest): Outcome {
  if (state === 'unreachable') return 'failed';
  if (state === 'overloaded') return 'full';
  if (state === 'draining') return 'closed';
  return before === 'unreachable' || entered.unreachable > 0 ? 'back' : 'roomy';
}

function availabilityLine({ available, all }: MailDigest): string {
  if (available === 0) return `None of ${all} simulation servers is available: nobody can start a simulation.`;
  return `${available} of ${all} simulation servers ${available === 1 ? 'is' : 'are'} available.`;
}

/** In one line, whatever a server sent. */
function problemText(problem: string | undefined): string {
  if (!problem) return '';
  const line = problem.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
  return `: ${line.length > MAX_PROBLEM ? `${line.slice(0, MAX_PROBLEM)}…` : line}`;
}

function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The clock on the wall may be set back: then it took no time. */
function durationText(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / SECOND))} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  return `${Math.floor(ms / HOUR)} h ${Math.round((ms % HOUR) / MINUTE)} min`;
}
