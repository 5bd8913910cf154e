import type { SceneNode } from './scene-node.ts';

const BLACK = [0, 0, 0];

/**
 * A light-emitting diode that no controller has switched on: as in Webots, the
 * looks and lamps of its first child, also of groups in it, are dark.
 */
export function switchOff(led: SceneNode): SceneNode {
  const [first, ...others] = led.nodes.children ?? [];
  return first === undefined ? led : { ...led, nodes: { ...led.nodes, children: [darkened(first), ...others] } };
}

function darkened(node: SceneNode): SceneNode {
  if (node.type === 'PointLight' || node.type === 'SpotLight')
    return { ...node, values: { ...node.values, on: false } };
  const values = 'emissiveColor' in node.values ? { ...node.values, emissiveColor: BLACK } : node.values;
  const inner = Object.entries(node.nodes).map(([name, nodes]): [string, readonly SceneNode[]] => [
    name,
    name === 'children' || name === 'appearance' || name === 'material' ? nodes.map(darkened) : nodes,
  ]);
  return { ...node, values, nodes: Object.fromEntries(inner) };
}
