import type { AnyActorRef, Subscription } from 'xstate';
import { Recorder } from './recorder.ts';

/** Switches the recording of a running system on and off. */
export interface Inspector {
  readonly isOn: boolean;
  /** What was recorded, also after it was switched off; kept until it is switched on again. */
  readonly recorder: Recorder;
  /** The system that is to be inspected, from now on until another one takes its place. */
  attach(root: AnyActorRef): void;
  /** Begins a new recording; does nothing where one goes on. */
  turnOn(): void;
  turnOff(): void;
}

/**
 * While it is off, the system has no observer, so that inspection costs nothing then.
 *
 * @param version of the program
 * @param onChange hears when it is switched on or off
 */
export function createInspector(version: string, onChange: (isOn: boolean) => void = () => {}): Inspector {
  const recorder = new Recorder(version);
  let isOn = false;
  let root: AnyActorRef | undefined;
  let subscription: Subscription | undefined;

  function follow(): void {
    subscription?.unsubscribe();
    subscription = undefined;
    if (!isOn || !root) return;
    recorder.begin(root);
    subscription = root.system.inspect({ next: (event) => recorder.observe(event) });
  }

  function turn(on: boolean): void {
    if (on === isOn) return;
    isOn = on;
    follow();
    onChange(isOn);
  }

  return {
    get isOn() {
      return isOn;
    },
    recorder,
    attach(system) {
      root = system;
      follow();
    },
    turnOn: () => turn(true),
    turnOff: () => turn(false),
  };
}
