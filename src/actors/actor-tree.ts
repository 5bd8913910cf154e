import { type AnyActorRef, type AnyMachineSnapshot, StateMachine } from 'xstate';
import {
  type ChildRules,
  getChildSpec,
  getOptions,
  type SupervisorRef,
  type SupervisorRules,
  whichChildren,
} from '../../machines/supervisor.ts';

/** One actor, and those below it. */
export interface ActorNode {
  readonly id: string;
  readonly kind: 'supervisor' | 'machine' | 'callback' | 'promise';
  /** Of a supervisor. */
  readonly options: SupervisorRules | undefined;
  /** Id of a machine. */
  readonly machine: string | undefined;
  /** How its supervisor looks after it; undefined for the root, and for what a machine has invoked. */
  readonly rules: ChildRules | undefined;
  /** In the order of their start. */
  readonly children: readonly ActorNode[];
}

/** Reads the tree of a running system, as it is now: from `ref` down, all that has not ended. */
export function readActorTree(ref: AnyActorRef, rules?: ChildRules): ActorNode {
  const options = getOptions(ref);
  const snapshot = ref.getSnapshot() as Partial<AnyMachineSnapshot>;
  const supervised = whichChildren(ref as SupervisorRef).flatMap(({ id, ref: child }) =>
    child ? [readActorTree(child, getChildSpec(ref as SupervisorRef, id))] : [],
  );
  const invoked = Object.values((snapshot.children ?? {}) as Record<string, AnyActorRef | undefined>)
    .filter((child) => child !== undefined)
    .filter((child) => (child.getSnapshot() as { readonly status?: string }).status === 'active')
    .map((child) => readActorTree(child));
  return {
    id: ref.id,
    kind: options ? 'supervisor' : kindOf(ref),
    options,
    machine: snapshot.machine?.id,
    rules,
    children: [...supervised, ...invoked],
  };
}

function kindOf(ref: AnyActorRef): ActorNode['kind'] {
  // Of an actor, XState types a reference only.
  const { logic } = ref as AnyActorRef & { readonly logic: Logic };
  if (logic instanceof StateMachine) return 'machine';
  return endsByResult(logic) ? 'promise' : 'callback';
}

interface Logic {
  transition(snapshot: object, event: object, scope: object): { readonly status: string };
}

/** XState does not tell promises from callbacks; what tells them apart is that a result is the end of a promise. */
function endsByResult(logic: Logic): boolean {
  try {
    return logic.transition({ status: 'active' }, { type: 'xstate.promise.resolve' }, { self: {} }).status === 'done';
  } catch {
    // A callback looks for its receivers, and this actor has none.
    return false;
  }
}

/** Every actor of the tree with the one above it, from the root down. */
export function edgesOf(node: ActorNode): (readonly [ActorNode, ActorNode])[] {
  return node.children.flatMap((child) => [[node, child] as const, ...edgesOf(child)]);
}

/** The same tree with other ids. */
export function renamed(node: ActorNode, rename: (id: string) => string): ActorNode {
  return { ...node, id: rename(node.id), children: node.children.map((child) => renamed(child, rename)) };
}
