import { writeFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { sendAll } from '../fixtures/scripted-service.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { isBuilt } from './hub.ts';
import { startPageService } from './page-service.ts';
import { expectColours, picture } from './picture.ts';
import { FILES, placeOf } from './shapes-scene.ts';
import { SMALL, visit } from './visit.ts';

const look = (colour: string) =>
  `<PBRAppearance baseColor='0 0 0' emissiveColor='${colour}' roughness='1' metalness='0'/>`;

const box = (colour: string, size: number) => `<Shape>${look(colour)}<Box size='${size} ${size} ${size}'/></Shape>`;

/** 100 lines side by side, which fill a square metre. */
const points = Array.from({ length: 100 }, (_, row) => `0 ${row / 100} 0 1 ${row / 100} 0`).join(' ');
const indices = Array.from({ length: 100 }, (_, row) => `${2 * row} ${2 * row + 1} -1`).join(' ');

/** Seen from above: a billboard to the left, a track with the wheels at x = −1 and 1, a texture that is moved, lines and points. */
const SCENE = `<W3D><Scene>
  <Viewpoint id='n2' position='0 0 6' orientation='0 1 0 1.5707963' fieldOfView='1.5707963' near='0.1' far='0'/>
  <Background id='n3' skyColor='0 0 0'/>
  <Solid id='n10' translation='0 0 0'><Shape id='n11'>${look('0 1 0')}<Plane size='1 1'/></Shape></Solid>
  <Billboard id='n20'><Pose translation='5 2 0'>${box('1 0 0', 0.5)}</Pose></Billboard>
  <Track id='n30' translation='0 3 -0.5' geometriesCount='4'>
    <TrackWheel id='n31' translation='-1 0 0' radius='0.5' inner='TRUE'/>
    <TrackWheel id='n32' translation='1 0 0' radius='0.5' inner='TRUE'/>
    <Pose role='animatedGeometry'>${box('0 0 1', 0.2)}</Pose></Track>
  <Solid id='n40' translation='2.5 -3 0' rotation='0 0 1 -1.5707963'><Shape id='n41'>
    <PBRAppearance id='n42' baseColor='0 0 0' emissiveColor='1 1 1' roughness='1' metalness='0'>
    <ImageTexture id='n43' url='"textures/halves.png"' role='emissiveColorMap'/><TextureTransform id='n44'/>
    </PBRAppearance><Plane size='1 1'/></Shape></Solid>
  <Solid id='n50' translation='-3 -4 0'><Shape id='n51'><Appearance><Material emissiveColor='1 0 0'/></Appearance>
    <IndexedLineSet id='n52' coordIndex='${indices}'><Coordinate point='${points}'/></IndexedLineSet></Shape></Solid>
  <Solid id='n60' translation='-3 2 0'><Shape id='n61'>
    <PointSet id='n62'><Coordinate point='${points}'/><Color color='${'0 0 1 '.repeat(200)}'/></PointSet></Shape></Solid>
  <Skin id='n70'/><Muscle id='n71'/><Shape id='n72'><Teapot/></Shape><Skin id='n73'/></Scene></W3D>`;

describe.skipIf(CHROMIUM === undefined || !isBuilt)(
  'nodes of a scene (need a Chromium and the build)',
  { timeout: 120_000 },
  () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await sharedChromium();
    });

    it('are drawn as the wire tells: billboards, belts of tracks, moved textures, lines and points', async () => {
      await using service = await startPageService({
        engine: (text, socket) => {
          if (text !== 'w3d') return;
          sendAll(socket, ['world:worlds/w.wbt:worlds/w.wbt', `model:${SCENE}`, 'scene load completed', 'pause: 0']);
        },
        files: FILES,
      });
      await using visitor = await visit(browser, service.session, SMALL);
      const { page } = visitor;
      await page.click('#start');
      await page.locator('#picture canvas').waitFor();

      const billboard = { at: [0.5 - (0.5 * 2) / 5, 0.5] as const, colour: 'red' };
      const upper = placeOf({ x: 2.75, y: -3 });
      await expectColours(page, {
        ground: { at: placeOf({ x: 0.2, y: 0.2 }), colour: 'green' },
        billboard,
        'the first element of the belt': { at: placeOf({ x: -1, y: 3 }), colour: 'blue' },
        'before the belt moves': { at: placeOf({ x: -0.5, y: 3 }), colour: 'black' },
        'a texture': { at: upper, colour: 'red' },
        lines: { at: placeOf({ x: -2.5, y: -3.5 }), colour: 'red' },
        points: { at: placeOf({ x: -3, y: 2.5 }), colour: 'blue' },
      });
      expect(await page.locator('#console li').allTextContents()).toEqual([
        'Not shown: 2 × Skin, 1 × Muscle, 1 × Teapot',
      ]);

      for (const socket of service.sockets.engine) {
        const updates = [
          { id: 31, rotation: '0 1 0 1' },
          { id: 44, translation: '0 0.5' },
        ];
        socket.send(`application/json:${JSON.stringify({ time: 32, updates })}`);
      }
      await expectColours(page, {
        'the first element of the belt': { at: placeOf({ x: -0.5, y: 3 }), colour: 'blue' },
        'where it was': { at: placeOf({ x: -1, y: 3 }), colour: 'black' },
        'a texture': { at: upper, colour: 'blue' },
        billboard,
      });
      if (process.env.PICTURES !== undefined) await writeFile(`${process.env.PICTURES}/nodes.png`, await picture(page));

      await page.focus('#picture canvas');
      for (let press = 0; press < 4; press += 1) await page.keyboard.press('ArrowLeft');
      for (let press = 0; press < 4; press += 1) await page.keyboard.press('ArrowDown');
      await page.focus('#play');
      await expectColours(page, {
        billboard,
        'where the belt was': { at: placeOf({ x: -0.5, y: 3 }), colour: 'black' },
      });

      for (const socket of service.sockets.engine) sendAll(socket, ['delete:20', 'delete:30']);
      await expectColours(page, { 'where the billboard was': { ...billboard, colour: 'black' } });
      expect(visitor.complaints).toEqual([]);
    });
  },
);
