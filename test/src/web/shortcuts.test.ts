import { describe, expect, it } from 'vitest';
import { shortcutFor } from '../../../src/web/shortcuts.ts';

const press = { hasModifier: false, focus: 'other' } as const;

describe('shortcutFor', () => {
  it.each([
    [' ', 'toggle'],
    ['.', 'step'],
    ['r', 'reset'],
    ['v', 'viewpoint'],
    ['x', undefined],
    ['constructor', undefined],
  ])('knows what %j does', (key, shortcut) => {
    expect(shortcutFor({ ...press, key })).toBe(shortcut);
  });

  it('leaves keys to fields, to the browser, and the space bar to buttons', () => {
    expect(shortcutFor({ ...press, key: 'r', focus: 'field' })).toBeUndefined();
    expect(shortcutFor({ ...press, key: 'r', hasModifier: true })).toBeUndefined();
    expect(shortcutFor({ ...press, key: ' ', focus: 'control' })).toBeUndefined();
    expect(shortcutFor({ ...press, key: 'r', focus: 'control' })).toBe('reset');
  });

  it('leaves the picture by Escape', () => {
    expect(shortcutFor({ ...press, key: 'Escape', focus: 'picture' })).toBe('leaveFocus');
    expect(shortcutFor({ ...press, key: 'Escape' })).toBeUndefined();
  });
});
