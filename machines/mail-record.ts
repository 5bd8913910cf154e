/** What the mailer knows and has still to tell, and how that changes: pure, so that it can be kept in a file. */
import type { ServerState } from './simulation-server.ts';

export type ToldState = Exclude<ServerState, 'probing'>;

/** A state of a simulation server, as the session server has found it. */
export interface ServerFinding {
  /** As in `simulationServers` of the configuration, e.g. `localhost:2000`. */
  readonly entry: string;
  readonly state: ToldState;
  /** Time of the day, in ms since 1970. */
  readonly at: number;
  /** In percent, where it is known. */
  readonly load?: number | undefined;
  /** Why it is unreachable, in words for the operator. */
  readonly problem?: string | undefined;
}

/** What became of one server since the last mail: its latest state, and how often it entered each. */
export interface ServerDigest extends ServerFinding {
  /** The state that was told before. */
  readonly before: ToldState;
  /** Since when it had that state, where that is known. */
  readonly beforeSince?: number | undefined;
  /** Time of the first change, in ms since 1970. */
  readonly firstAt: number;
  readonly entered: Readonly<Record<ToldState, number>>;
}

/** What one mail tells; it stays the same however often it is tried. */
export interface MailDigest {
  /** Counts the mails of this session server. */
  readonly number: number;
  readonly servers: readonly ServerDigest[];
  /** Servers that are available now, and all. */
  readonly available: number;
  readonly all: number;
}

/** A state that was told, or will be by what waits. */
export interface KnownState {
  readonly state: ToldState;
  /** Since when, in ms since 1970, where that is known. */
  readonly at?: number | undefined;
  /** Whether the server is watched no more; it may come back. */
  readonly isAbsent?: boolean | undefined;
}

/** All that is to be known of a mailer when it is started anew. */
export interface MailRecord {
  /** By entry. A server that is not here is taken to be available. */
  readonly known: Readonly<Record<string, KnownState>>;
  /** What no mail tells yet; one for each server at most. */
  readonly waiting: readonly ServerDigest[];
  /** What is being told, and may have arrived already. */
  readonly mail?: MailDigest | undefined;
  /** Attempts at `mail` that have failed, in a row. */
  readonly failures?: number | undefined;
  /** Mails so far. */
  readonly mails: number;
}

/** Servers of which something waits, and those that are watched no more: our choice, several times those watched at once. */
export const MOST_KEPT = 1_000;

const NEVER_ENTERED: ServerDigest['entered'] = { available: 0, overloaded: 0, draining: 0, unreachable: 0 };

const NOTHING: MailRecord = { known: {}, waiting: [], mails: 0 };

/**
 * What a mailer begins with.
 *
 * @param entries the servers that are watched
 * @param findings what was found of them so far; what the record does not have is news
 */
export function recordOf(
  entries: readonly string[],
  findings: readonly ServerFinding[],
  before: MailRecord = NOTHING,
): MailRecord {
  const watched = entries.map((entry) => [entry, before.known[entry] ?? { state: 'available' }] as const);
  const others = Object.entries(before.known).filter(([entry]) => !entries.includes(entry));
  const known = Object.fromEntries([
    ...watched.map(([entry, { state, at }]) => [entry, { state, at }] as const),
    ...others.flatMap(([entry, state]) => absent(entry, state)).slice(-MOST_KEPT),
  ]);
  return findings.reduce(withFinding, { ...before, known });
}

/** Whether a server is found otherwise than it was. */
export function isNews({ known }: MailRecord, { entry, state }: ServerFinding): boolean {
  return (known[entry]?.state ?? 'available') !== state;
}

export function withFinding(record: MailRecord, finding: ServerFinding): MailRecord {
  const { entry, state, at } = finding;
  const before = record.known[entry];
  if (!isNews(record, finding)) {
    return before && !before.isAbsent
      ? record
      : { ...record, known: { ...record.known, [entry]: { state, at: before?.at } } };
  }
  const earlier = record.waiting.find((digest) => digest.entry === entry);
  const entered = earlier?.entered ?? NEVER_ENTERED;
  const digest: ServerDigest = {
    ...finding,
    before: earlier?.before ?? before?.state ?? 'available',
    beforeSince: earlier ? earlier.beforeSince : before?.at,
    firstAt: earlier?.firstAt ?? at,
    entered: { ...entered, [state]: entered[state] + 1 },
  };
  return {
    ...record,
    known: { ...record.known, [entry]: { state, at } },
    waiting: [...record.waiting.filter((other) => other !== earlier), digest].slice(-MOST_KEPT),
  };
}

/** The server is watched no more. That it was not well is remembered, so that its return can be told. */
export function withoutServer(record: MailRecord, entry: string): MailRecord {
  const { [entry]: last, ...rest } = record.known;
  const known = Object.entries(rest);
  const absents = known.filter(([, state]) => state.isAbsent);
  const tooMany = new Set(absents.slice(0, Math.max(0, absents.length + 1 - MOST_KEPT)).map(([name]) => name));
  const kept = known.filter(([name]) => !tooMany.has(name));
  return { ...record, known: Object.fromEntries([...kept, ...(last ? absent(entry, last) : [])]) };
}

/** Puts what waits into a mail, unless one that failed is to be tried again. */
export function withMail(record: MailRecord): MailRecord {
  if (record.mail) return record;
  const watched = Object.values(record.known).filter(({ isAbsent }) => !isAbsent);
  const mail: MailDigest = {
    number: record.mails + 1,
    servers: record.waiting,
    available: watched.filter(({ state }) => state === 'available').length,
    all: watched.length,
  };
  return { ...record, mail, mails: mail.number, waiting: [] };
}

/** One more attempt at the mail has failed. */
export function withFailure(record: MailRecord): MailRecord {
  return { ...record, failures: failuresOf(record) + 1 };
}

/** Nothing is being told any more: the mail was taken, or dropped. */
export function withoutMail(record: MailRecord): MailRecord {
  return { ...record, mail: undefined, failures: undefined };
}

export function failuresOf({ failures = 0 }: MailRecord): number {
  return failures;
}

/** Nothing where it is known to be well, as it is taken to be when it is heard of first. */
function absent(entry: string, { state, at }: KnownState): [string, KnownState][] {
  return state === 'available' ? [] : [[entry, { state, at, isAbsent: true }]];
}
