/**
 * Who waits for something that comes one by one: first come, first served
 * within one owner (such as the address of clients), and in turn between
 * owners, so that who waits thirty times delays another by one turn only.
 * Pure: every function returns a new line.
 */

interface Owner {
  readonly name: string;
  /** Who came first stands first; never empty. */
  readonly ids: readonly string[];
}

export interface WaitingLine {
  /** In the order of their turns. */
  readonly owners: readonly Owner[];
}

export const EMPTY_LINE: WaitingLine = { owners: [] };

/** How many wait. */
export const lineLength = ({ owners }: WaitingLine): number => owners.reduce((total, { ids }) => total + ids.length, 0);

/** Ids in the order in which they are served if nobody comes or leaves. */
export function orderOf({ owners }: WaitingLine): readonly string[] {
  const rounds = Math.max(0, ...owners.map(({ ids }) => ids.length));
  return Array.from({ length: rounds }, (_, round) => owners.flatMap(({ ids }) => ids.slice(round, round + 1))).flat();
}

/** @returns 1 for who is next; undefined for who does not wait */
export function placeOf(line: WaitingLine, id: string): number | undefined {
  const index = orderOf(line).indexOf(id);
  return index === -1 ? undefined : index + 1;
}

/**
 * A new owner has its first turn after those who wait already.
 *
 * @throws Error if `id` waits already
 */
export function joinLine({ owners }: WaitingLine, name: string, id: string): WaitingLine {
  if (owners.some(({ ids }) => ids.includes(id))) throw new Error(`Expected ${id} not to wait yet`);
  if (!owners.some((owner) => owner.name === name)) return { owners: [...owners, { name, ids: [id] }] };
  return { owners: owners.map((owner) => (owner.name === name ? { name, ids: [...owner.ids, id] } : owner)) };
}

/** Without `id`; its owner keeps its turn. */
export function leaveLine({ owners }: WaitingLine, id: string): WaitingLine {
  return {
    owners: owners
      .map(({ name, ids }) => ({ name, ids: ids.filter((other) => other !== id) }))
      .filter(({ ids }) => ids.length > 0),
  };
}

/** Without `id`, which was served: its owner has its next turn after the others. */
export function serveFrom(line: WaitingLine, id: string): WaitingLine {
  const isOwner = ({ ids }: Owner) => ids.includes(id);
  const served = line.owners.filter(isOwner);
  return leaveLine({ owners: [...line.owners.filter((owner) => !isOwner(owner)), ...served] }, id);
}

/**
 * Who makes room in a full line for one more of the owner `name`: the last one
 * of the owner that has most, if that has fewer than `name` no more even so.
 *
 * @returns undefined if nobody is to make room
 */
export function crowdedOutBy({ owners }: WaitingLine, name: string): string | undefined {
  const own = owners.find((owner) => owner.name === name)?.ids.length ?? 0;
  const greediest = owners.reduce<Owner | undefined>(
    (most, owner) => (owner.ids.length > (most?.ids.length ?? 0) ? owner : most),
    undefined,
  );
  return greediest && greediest.ids.length >= own + 2 ? greediest.ids.at(-1) : undefined;
}
