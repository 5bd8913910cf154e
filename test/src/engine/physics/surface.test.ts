import { describe, expect, it } from 'vitest';
import { type Surface, surfaceOf } from '../../../../src/engine/physics/surface.ts';
import { sceneOf } from '../fixtures/world-text.ts';

describe('surfaceOf', () => {
  it('gives two default materials the contact of Webots', () => {
    expect(contact('', 'default', 'default')).toEqual({ friction: 1, bounce: expect.closeTo(0.5) });
    expect(contact('', 'unheard-of', 'default')).toEqual({ friction: 1, bounce: expect.closeTo(0.5) });
  });

  it('gives a material and the default one, in either order, the contact that the world says', () => {
    const ice = 'ContactProperties { material2 "ice" coulombFriction [ 0.1 ] bounce 0 }';

    expect(contact(ice, 'ice', 'default')).toEqual({ friction: expect.closeTo(0.1), bounce: 0 });
    expect(contact(ice, 'default', 'ice')).toEqual({ friction: expect.closeTo(0.1), bounce: 0 });
  });

  it('gives a material and itself the contact that the world says', () => {
    const rubber = 'ContactProperties { material1 "rubber" material2 "rubber" coulombFriction 4 bounce 0.9 }';

    expect(contact(rubber, 'rubber', 'rubber')).toEqual({ friction: expect.closeTo(4), bounce: expect.closeTo(0.9) });
  });

  it('gives other defaults where the world has them, and much friction for an infinite one', () => {
    const sticky = 'ContactProperties { coulombFriction -1 bounce 2 }';

    expect(contact(sticky, 'default', 'default')).toEqual({ friction: expect.closeTo(100), bounce: expect.closeTo(1) });
  });
});

function contact(properties: string, first: string, second: string): Surface {
  const { worldInfo } = sceneOf(`WorldInfo { contactProperties [ ${properties} ] }`);
  const [a, b] = [surfaceOf(first, worldInfo), surfaceOf(second, worldInfo)];
  return { friction: a.friction * b.friction, bounce: a.bounce * b.bounce };
}
