/** What a key does while a simulation is there. */
export type Shortcut = 'toggle' | 'step' | 'reset' | 'viewpoint' | 'leaveFocus';

export interface KeyPress {
  readonly key: string;
  /** Ctrl, Alt or the command key is held: the browser's own shortcuts. */
  readonly hasModifier: boolean;
  /** What has the focus: a field that takes text or keys, a control that the space bar presses, the picture, or another. */
  readonly focus: 'field' | 'control' | 'picture' | 'other';
}

const SHORTCUTS: Readonly<Record<string, Shortcut>> = {
  ' ': 'toggle',
  '.': 'step',
  r: 'reset',
  v: 'viewpoint',
  Escape: 'leaveFocus',
};

/** The shortcut of a key; `undefined` where the key is somebody else's. */
export function shortcutFor({ key, hasModifier, focus }: KeyPress): Shortcut | undefined {
  if (hasModifier || focus === 'field' || !Object.hasOwn(SHORTCUTS, key)) return undefined;
  const shortcut = SHORTCUTS[key];
  if (shortcut === 'toggle' && focus === 'control') return undefined;
  return shortcut === 'leaveFocus' && focus !== 'picture' ? undefined : shortcut;
}
