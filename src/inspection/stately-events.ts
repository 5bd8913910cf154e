import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import type { StateValue } from 'xstate';
import type { ActorStatus, ActorView, Entry } from './recording.ts';

/** A machine's configuration without its functions; undefined for other actors. */
export type Definitions = (machine: string) => object | undefined;

/** What Stately's inspector shows of an actor. */
interface Shown {
  readonly status: ActorStatus;
  readonly value?: StateValue;
  readonly context?: unknown;
}

/** An actor in the form in which the package takes it. */
interface ActorLike {
  readonly id: string;
  readonly sessionId: string;
  readonly logic: { readonly config?: object | undefined };
  readonly _parent: ActorLike | undefined;
  /** Its name among its siblings. */
  readonly name: string;
}

/** Turns what is recorded into the events of `@statelyai/inspect`. */
export interface StatelyEvents {
  /** An actor and where it stands, as of the beginning of a recording. */
  begin(view: ActorView): void;
  tell(entry: Entry): void;
}

/** How deep definitions are sent: our choice, twice what the deepest of our machines has. */
const DEFINITION_DEPTH = 40;

/** @param send gets each event as JSON */
export function statelyEvents(definitions: Definitions, send: (text: string) => void): StatelyEvents {
  const actors = new Map<string, ActorLike>();
  const contexts = new Map<string, unknown>();
  let current: ActorLike | undefined;
  const inspector = createInspector(
    {
      send(event: StatelyInspectionEvent) {
        const root = current && rootOf(current).sessionId;
        const name = event.type === '@xstate.actor' && current ? { name: current.name } : {};
        send(JSON.stringify({ ...event, ...name, rootId: root ?? event.rootId }));
      },
    },
    { serializationDepthLimit: DEFINITION_DEPTH },
  );

  function announce({ id, name, parent, machine }: ActorView['actor'], shown: Shown): void {
    const known = parent === undefined ? undefined : actors.get(parent);
    const config = machine === undefined ? undefined : definitions(machine);
    const actor = { id, sessionId: id, name, _parent: known, logic: { config } };
    current = actor;
    actors.set(id, actor);
    inspector.actor(actor as never, shown);
  }

  return {
    begin({ actor, status, states, context }) {
      contexts.set(actor.id, contextOf(context));
      announce(actor, shownOf(status, states, contextOf(context)));
    },
    tell(entry) {
      if (entry.type === 'actor') {
        announce(entry.actor, { status: 'active' });
        return;
      }
      const id = entry.type === 'step' ? entry.actor : entry.to;
      current = actors.get(id);
      if (entry.type === 'event') {
        const event = { type: entry.event, ...detailOf(entry.detail) };
        inspector.event(id, event, entry.from === undefined ? {} : { source: entry.from });
        return;
      }
      if (entry.context !== undefined) contexts.set(id, contextOf(entry.context));
      inspector.snapshot(id, shownOf(entry.status, entry.states ?? [], contexts.get(id)), {
        event: { type: entry.event },
      });
      if (entry.status === 'active') return;
      actors.delete(id);
      contexts.delete(id);
    },
  };
}

function rootOf(actor: ActorLike): ActorLike {
  return actor._parent ? rootOf(actor._parent) : actor;
}

function shownOf(status: ActorStatus, states: readonly string[], context: unknown): Shown {
  return {
    status,
    ...(states.length > 0 && { value: stateValueOf(states.map((path) => path.split('.'))) }),
    ...(context !== undefined && { context }),
  };
}

/** The value of a machine's snapshot, of the paths of its innermost states. */
function stateValueOf(paths: readonly (readonly string[])[]): StateValue {
  const [first] = paths;
  if (paths.length === 1 && first?.length === 1) return first[0]!;
  const keys = [...new Set(paths.map(([key]) => key!))];
  return Object.fromEntries(
    keys.map((key) => {
      const inner = paths.filter(([head, ...rest]) => head === key && rest.length > 0).map(([, ...rest]) => rest);
      return [key, inner.length > 0 ? stateValueOf(inner) : {}];
    }),
  );
}

/** A text that was cut off is shown as it is. */
function contextOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}

function detailOf(text: string | undefined): object {
  const detail = contextOf(text);
  return typeof detail === 'object' && detail !== null ? detail : {};
}
