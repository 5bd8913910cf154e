import type { PicturePanel } from './picture-panel.ts';
import { type KeyPress, shortcutFor } from './shortcuts.ts';
import type { SimulationPanel } from './simulation-panel.ts';

/** Does what keys stand for while a simulation is there. */
export function listenForShortcuts(panel: SimulationPanel, picture: PicturePanel, isRunning: () => boolean): void {
  addEventListener('keydown', (event) => {
    const { key, ctrlKey, altKey, metaKey, repeat } = event;
    const shortcut = shortcutFor({ key, hasModifier: ctrlKey || altKey || metaKey, focus: focusOf(event.target) });
    if (shortcut === undefined || !isRunning() || (repeat && shortcut !== 'step')) return;
    event.preventDefault();
    if (shortcut === 'viewpoint') picture.resetViewpoint();
    else if (shortcut === 'leaveFocus') panel.focusControls();
    else panel.press(shortcut);
  });
}

function focusOf(target: EventTarget | null): KeyPress['focus'] {
  if (!(target instanceof Element)) return 'other';
  if (target.matches('canvas')) return 'picture';
  if (target.matches('input, select, textarea, [contenteditable]')) return 'field';
  return target.matches('button, a, summary') ? 'control' : 'other';
}
