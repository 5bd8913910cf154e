import { nodesOf, numberOf, numbersOf, type SceneNode, stringOf } from '../scene/scene-node.ts';

/**
 * What a collider brings to a contact. Webots gives each pair of materials its
 * values; here the values of the two colliders are multiplied, which comes to
 * the same for a material that meets itself or the default one.
 */
export interface Surface {
  readonly friction: number;
  /** The part of the speed that a bounce keeps, with the other's. */
  readonly bounce: number;
}

/** Defaults of `ContactProperties.wrl` of Webots. */
const DEFAULT_PAIR: Surface = { friction: 1, bounce: 0.5 };

/** What stands for Webots' infinite friction, which is written as −1 (our choice). */
const INFINITE_FRICTION = 100;

const DEFAULT = 'default';

/** The surface of the solids with `material` in a world. */
export function surfaceOf(material: string, worldInfo: SceneNode): Surface {
  const basis = root(pair(worldInfo, DEFAULT, DEFAULT) ?? DEFAULT_PAIR);
  if (material === DEFAULT) return basis;
  const withDefault = pair(worldInfo, material, DEFAULT);
  if (withDefault !== undefined) {
    return {
      friction: divide(withDefault.friction, basis.friction),
      bounce: divide(withDefault.bounce, basis.bounce),
    };
  }
  const withItself = pair(worldInfo, material, material);
  return withItself === undefined ? basis : root(withItself);
}

function pair(worldInfo: SceneNode, first: string, second: string): Surface | undefined {
  const properties = nodesOf(worldInfo, 'contactProperties').find((node) => {
    if (node.type !== 'ContactProperties') return false;
    const names = [stringOf(node, 'material1'), stringOf(node, 'material2')];
    return (names[0] === first && names[1] === second) || (names[0] === second && names[1] === first);
  });
  if (properties === undefined) return undefined;
  const [friction = DEFAULT_PAIR.friction] = numbersOf(properties, 'coulombFriction');
  const bounce = Math.min(1, Math.max(0, numberOf(properties, 'bounce')));
  return { friction: friction < 0 ? INFINITE_FRICTION : friction, bounce };
}

function root({ friction, bounce }: Surface): Surface {
  return { friction: Math.sqrt(friction), bounce: Math.sqrt(bounce) };
}

function divide(value: number, basis: number): number {
  return basis === 0 ? value : value / basis;
}
