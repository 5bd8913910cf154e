import type { Admission, SeatReport } from '../../machines/client-session-types.ts';
import type { End } from '../../machines/end-reason.ts';
import {
  crowdedOutBy,
  EMPTY_LINE,
  joinLine,
  leaveLine,
  lineLength,
  orderOf,
  placeOf,
  serveFrom,
} from '../../machines/waiting-line.ts';
import { createSessionLimits, type SessionLimitsOptions, type SessionOrigin } from './session-limits.ts';

/** Shortest time in ms between two rounds in which those who wait are told their places: 1 s, our choice. */
export const PLACE_INTERVAL = 1_000;

export interface SeatsOptions extends SessionLimitsOptions {
  /** Most simulations at the same time. */
  readonly maxConnections: number;
  /** Most sessions that wait for a place; 0 for none. */
  readonly queueLength: number;
  /** Places that are taken by sessions of another process. */
  takenElsewhere?(): number;
}

/** The places for simulations, and the line of the sessions that wait for one. */
export interface Seats {
  /** Places that are taken. */
  readonly taken: number;
  /** Sessions that wait for a place. */
  readonly queued: number;
  /** Why no place is free now, or undefined. */
  fullness(): End | undefined;
  /** Why a client of this address could not even wait, or undefined. */
  refusal(address: string): End | undefined;
  /** Gives a session a place until `release`, or lets it wait for one, or says why neither. */
  claim(id: string, origin: SessionOrigin): Admission;
  /**
   * Reports to a session that waits what becomes of it.
   *
   * @returns what ends its waiting
   */
  wait(id: string, report: (event: SeatReport) => void): () => void;
  /** Takes note that nothing is left of a session; who is next gets its place. */
  release(id: string): void;
  /** Takes note that places may have become free elsewhere. */
  changedElsewhere(): void;
  /** Ends the waiting of all. */
  refuseWaiting(end: End): void;
}

export function createSeats(options: SeatsOptions): Seats {
  const { maxConnections, queueLength, takenElsewhere = () => 0 } = options;
  const taken = new Set<string>();
  const limits = createSessionLimits(options);
  const reporters = new Map<string, (event: SeatReport) => void>();
  /** What became of sessions that had yet to ask. */
  const early = new Map<string, SeatReport>();
  /** The places that were told last. */
  const told = new Map<string, number>();
  let line = EMPTY_LINE;
  /** Whether a round is due in which places are told. */
  let isTelling = false;

  const hasSeat = () => taken.size + takenElsewhere() < maxConnections;

  function fullness(): End | undefined {
    if (hasSeat()) return undefined;
    return { reason: 'serverFull', text: `The simulation server is full: it serves ${maxConnections} at most.` };
  }

  function refusal(address: string): End | undefined {
    const end = fullness();
    const hasRoom = lineLength(line) < queueLength || crowdedOutBy(line, address) !== undefined;
    return end && !(queueLength > 0 && hasRoom) ? end : undefined;
  }

  function join(id: string, address: string): void {
    const crowdedOut = lineLength(line) < queueLength ? undefined : crowdedOutBy(line, address);
    line = joinLine(line, address, id);
    if (crowdedOut !== undefined) refuse(crowdedOut, fullness()!);
    changed();
  }

  function refuse(id: string, end: End): void {
    line = leaveLine(line, id);
    report(id, { type: 'seat.refused', end });
  }

  function report(id: string, event: SeatReport): void {
    const reporter = reporters.get(id);
    if (reporter) reporter(event);
    else if (event.type !== 'place.changed') early.set(id, event);
  }

  function giveSeats(): void {
    while (hasSeat()) {
      const [next] = orderOf(line);
      if (next === undefined) return;
      line = serveFrom(line, next);
      taken.add(next);
      report(next, { type: 'seat.given' });
      changed();
    }
  }

  function changed(): void {
    if (isTelling) return;
    isTelling = true;
    // The server's port keeps the process alive, not this.
    setTimeout(tellPlaces, PLACE_INTERVAL).unref();
  }

  function tellPlaces(): void {
    isTelling = false;
    for (const [index, id] of orderOf(line).entries()) tellPlace(id, index + 1);
  }

  function tellPlace(id: string, place: number): void {
    if (told.get(id) === place || !reporters.has(id)) return;
    told.set(id, place);
    report(id, { type: 'place.changed', place });
  }

  return {
    get taken() {
      return taken.size;
    },
    get queued() {
      return lineLength(line);
    },
    fullness,
    refusal,
    claim(id, origin) {
      const end = limits.refusal(origin) ?? refusal(origin.address);
      if (end) return end;
      limits.add(id, origin);
      if (!fullness()) {
        taken.add(id);
        return undefined;
      }
      join(id, origin.address);
      return 'queued';
    },
    wait(id, reporter) {
      reporters.set(id, reporter);
      const event = early.get(id);
      if (event) report(id, event);
      else {
        const place = placeOf(line, id);
        if (place !== undefined) tellPlace(id, place);
      }
      return () => {
        reporters.delete(id);
        told.delete(id);
        if (placeOf(line, id) !== undefined) changed();
        line = leaveLine(line, id);
      };
    },
    release(id) {
      line = leaveLine(line, id);
      early.delete(id);
      limits.remove(id);
      taken.delete(id);
      giveSeats();
    },
    changedElsewhere: giveSeats,
    refuseWaiting(end) {
      for (const id of orderOf(line)) refuse(id, end);
    },
  };
}
