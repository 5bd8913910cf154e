import { png } from '../fixtures/png.ts';

/** The names of tags and attributes that differ between the clients of two generations. */
export type SceneDialect = 'X3D' | 'W3D';

/** Metres from the camera to the ground; the picture is twice as wide as that. */
const HEIGHT = 6;

/** Width by height of the picture. */
const ASPECT = 16 / 10;

const COLOURS = { red: '1 0 0', green: '0 1 0', blue: '0 0 1' } as const;

export interface Thing {
  readonly colour: 'red' | 'green' | 'blue';
  readonly x: number;
  readonly y: number;
  readonly geometry: string;
}

const QUAD = "coordIndex='0 1 2 3 -1'><Coordinate id='n901' point='-0.5 -0.5 0 0.5 -0.5 0 0.5 0.5 0 -0.5 0.5 0'/>";

/** Every geometry once, in rows and columns; meshes come from files. */
export const THINGS: Readonly<Record<string, Thing>> = {
  box: { colour: 'red', x: 2.5, y: 4.5, geometry: "<Box size='1 1 1'/>" },
  sphere: { colour: 'green', x: 2.5, y: 1.5, geometry: "<Sphere radius='0.5' subdivision='2' ico='true'/>" },
  cylinder: { colour: 'blue', x: 2.5, y: -1.5, geometry: "<Cylinder radius='0.5' height='1'/>" },
  cone: { colour: 'red', x: 2.5, y: -4.5, geometry: "<Cone bottomRadius='0.5' height='1'/>" },
  capsule: { colour: 'green', x: 0, y: 4.5, geometry: "<Capsule radius='0.4' height='0.5'/>" },
  plane: { colour: 'blue', x: 0, y: 1.5, geometry: "<Plane size='1 1'/>" },
  faces: { colour: 'red', x: 0, y: -1.5, geometry: `<IndexedFaceSet id='n900' ${QUAD}</IndexedFaceSet>` },
  grid: {
    colour: 'green',
    x: -0.5,
    y: -5,
    geometry: "<ElevationGrid xDimension='3' yDimension='3' xSpacing='0.5' ySpacing='0.5' height='0 0 0 0 0 0 0 0 0'/>",
  },
  obj: { colour: 'blue', x: -2.5, y: 4.5, geometry: `<Mesh url='"quad.obj"'/>` },
  stl: { colour: 'red', x: -2.5, y: 1.5, geometry: `<Mesh url='"meshes/quad.stl"'/>` },
  dae: { colour: 'green', x: -2.5, y: -1.5, geometry: `<Mesh url='"quad.dae"'/>` },
};

/** Where a point of the ground is in the picture: x is up, y is left. */
export function placeOf({ x, y }: { readonly x: number; readonly y: number }): [number, number] {
  return [0.5 - y / (2 * HEIGHT), 0.5 - (x * ASPECT) / (2 * HEIGHT)];
}

function thing([name, { colour, x, y, geometry }]: [string, Thing], index: number, tag: string): string {
  return `<${tag} id='n${100 + index}' name='${name}' translation='${x} ${y} 0' rotation='0 0 1 0'>
    <Shape id='n${200 + index}'><PBRAppearance id='n${300 + index}' baseColor='0 0 0' emissiveColor='${COLOURS[colour]}'
    roughness='1' metalness='0'/>${geometry}</Shape>
    <Shape role='boundingObject'><Box size='9 9 9'/></Shape></${tag}>`;
}

/** The scene from above. A picture with its upper half red and its lower half blue lies at −2.5 −4.5, a copy of the box at 0 0. */
export function shapesScene(dialect: SceneDialect): string {
  const [tag, role, planes] =
    dialect === 'W3D'
      ? ['Solid', 'emissiveColorMap', "near='0.1' far='0'"]
      : ['Transform', 'emissiveColor', "zNear='0.1' zFar='0'"];
  return `<?xml version="1.0" encoding="UTF-8"?><${dialect}><head/><Scene>
    <WorldInfo id='n1' title='Shapes'/>
    <Viewpoint id='n2' position='0 0 ${HEIGHT}' orientation='0 1 0 1.5707963' fieldOfView='1.5707963' ${planes}/>
    <Background id='n3' skyColor='0 0 0'/>
    ${Object.entries(THINGS)
      .map((entry, index) => thing(entry, index, tag!))
      .join('')}
    <${tag} id='n400' translation='-2.5 -4.5 0' rotation='0 0 1 -1.5707963'><Shape id='n401'>
    <PBRAppearance id='n402' baseColor='0 0 0' emissiveColor='1 1 1' roughness='1' metalness='0'>
    <ImageTexture id='n403' url='"textures/halves.png"' role='${role}'/></PBRAppearance><Plane size='1 1'/></Shape></${tag}>
    <${tag} id='n500' translation='0 0 0' scale='0.5 0.5 0.5'><Shape id='n501' USE='n200'/></${tag}>
    <${tag} id='n510' translation='1.25 -3 0'><CadShape id='n511' url='"meshes/cad.obj"'/></${tag}>
    <Teapot id='n600'/><Teapot id='n601'/></Scene></${dialect}>`;
}

/** The pictures of a sky, each of one colour but for its upper left quarter. */
const SKY = {
  front: [255, 0, 0],
  back: [0, 0, 0],
  left: [0, 0, 255],
  right: [0, 0, 0],
  top: [0, 0, 0],
  bottom: [0, 0, 0],
};

/** Nothing but a sky, looked at in the direction of a rotation. */
export function skyScene(orientation: string): string {
  const urls = Object.keys(SKY).map((name) => `${name}Url='"${name}.png"'`);
  return `<W3D><Scene><Viewpoint id='n1' position='0 0 0' orientation='${orientation}' fieldOfView='1.3'/>
    <Background id='n2' skyColor='0 0 0' ${urls.join(' ')}/></Scene></W3D>`;
}

export const SKY_FILES: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  Object.entries(SKY).map(([name, colour]) => [`/${name}.png`, quartered(colour as [number, number, number])]),
);

function quartered(colour: readonly [number, number, number]): Buffer {
  const edge = [...Array(16).keys()];
  return png(edge.map((row) => edge.map((column) => (row < 8 && column < 8 ? [0, 255, 0] : colour))));
}

const STL = `solid quad
${[
  ['-0.5 -0.5 0', '0.5 -0.5 0', '0.5 0.5 0'],
  ['-0.5 -0.5 0', '0.5 0.5 0', '-0.5 0.5 0'],
]
  .map(
    (corners) => `facet normal 0 0 1\nouter loop\n${corners.map((at) => `vertex ${at}`).join('\n')}\nendloop\nendfacet`,
  )
  .join('\n')}
endsolid quad
`;

const DAE = `<?xml version="1.0"?><COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
<asset><up_axis>Z_UP</up_axis></asset><library_geometries><geometry id="g"><mesh>
<source id="p"><float_array id="a" count="12">-0.5 -0.5 0 0.5 -0.5 0 0.5 0.5 0 -0.5 0.5 0</float_array>
<technique_common><accessor source="#a" count="4" stride="3"><param name="X" type="float"/><param name="Y" type="float"/>
<param name="Z" type="float"/></accessor></technique_common></source>
<vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
<triangles count="2"><input semantic="VERTEX" source="#v" offset="0"/><p>0 1 2 0 2 3</p></triangles>
</mesh></geometry></library_geometries><library_visual_scenes><visual_scene id="s"><node id="n">
<instance_geometry url="#g"/></node></visual_scene></library_visual_scenes>
<scene><instance_visual_scene url="#s"/></scene></COLLADA>`;

/** What the scene's engine serves: meshes beside the world, pictures from the project's folder. */
export const FILES: Readonly<Record<string, string | Uint8Array>> = {
  '/worlds/quad.obj': 'v -0.5 -0.5 0\nv 0.5 -0.5 0\nv 0.5 0.5 0\nv -0.5 0.5 0\nf 1 2 3 4\n',
  '/worlds/meshes/cad.obj':
    'mtllib cad.mtl\nv -0.5 -0.5 0\nv 0.5 -0.5 0\nv 0.5 0.5 0\nv -0.5 0.5 0\nusemtl glowing\nf 1 2 3 4\n',
  '/worlds/meshes/cad.mtl': 'newmtl glowing\nKd 0 0 0\nKe 0 1 0\nmap_Kd http://elsewhere.invalid/a.png\n',
  '/worlds/meshes/quad.stl': STL,
  '/worlds/quad.dae': DAE,
  '/textures/halves.png': png([0, 1, 2, 3, 4, 5, 6, 7].map((row) => [row < 4 ? [255, 0, 0] : [0, 0, 255]])),
};
