import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FileCache } from '../../../../src/engine/network/file-cache.ts';
import { MOST_REMOTE_BYTES, MOST_REMOTE_FILES, RemoteFiles } from '../../../../src/engine/network/remote-files.ts';
import { remoteUrl } from '../../../../src/engine/network/remote-url.ts';
import { loadScene } from '../../../../src/engine/scene/load-scene.ts';
import { walk } from '../../../../src/engine/scene/scene-node.ts';
import { HttpsHost } from '../fixtures/https-host.ts';
import { ProjectFolder } from '../fixtures/project-folder.ts';

const HEADER = '#VRML_SIM R2025a utf8\n';

let host: HttpsHost;
let folder: ProjectFolder;

beforeAll(async () => {
  host = await HttpsHost.start();
});
afterAll(() => host.stop());
beforeEach(async () => {
  host.requests.splice(0);
  for (const path of Object.keys(host.files)) delete host.files[path];
  folder = await ProjectFolder.create();
});
afterEach(() => folder.remove());

describe('PROTOs from the network', () => {
  const car = () => {
    host.files['/robots/Car.proto'] = `${HEADER}EXTERNPROTO "parts/Wheel.proto"
      PROTO Car [ ] { Solid { name "car" children [ Wheel { } Shape { geometry Mesh { url "meshes/car.obj" } } ] } }`;
    host.files['/robots/parts/Wheel.proto'] = `${HEADER}PROTO Wheel [ ] { Pose { children [ Shape {
      appearance PBRAppearance { baseColorMap ImageTexture { url "../rubber.png" } } geometry Sphere { } } ] } }`;
  };

  it('are shown with those that they name, and with pictures and meshes of their own host', async () => {
    car();
    const scene = await load(`EXTERNPROTO "${host.url('/robots/Car.proto')}"\nCar { }`);

    expect(scene.notices).toEqual([]);
    const urls = [...walk(scene.roots)].flatMap(({ type, values }) =>
      type === 'Mesh' || type === 'ImageTexture' ? (values.url as string[]) : [],
    );
    expect(urls).toEqual([host.url('/robots/rubber.png'), host.url('/robots/meshes/car.obj')]);
    expect(host.requests).toEqual(['/robots/Car.proto', '/robots/parts/Wheel.proto']);
  });

  it('are not asked for where no host is named, nor of other hosts', async () => {
    car();
    const world = `EXTERNPROTO "${host.url('/robots/Car.proto')}"\nCar { name "mine" }`;

    expect((await load(world, 'none')).notices).toEqual([
      'Not shown: 1 Car (a box stands for it), its PROTO is not part of the project.',
    ]);
    expect((await load(world, files({ hosts: ['raw.example'] }))).notices).toEqual([
      'Not shown: 1 Car (a box stands for it), its PROTO is on a host that this server does not fetch from.',
    ]);
    expect(host.requests).toEqual([]);
  });

  it('are not had from this machine, whatever its name', async () => {
    car();
    const world = `EXTERNPROTO "${host.url('/robots/Car.proto')}"\nCar { name "mine" }`;
    const strict = new RemoteFiles({ hosts: [host.name], certificates: host.certificates });

    expect((await load(world, strict)).notices).toEqual([
      'Not shown: 1 Car (a box stands for it), its PROTO is on a host that this server does not fetch from.',
    ]);
    expect(host.requests).toEqual([]);
  });

  it('are boxes with one line where they cannot be had', async () => {
    host.files['/Broken.proto'] = `${HEADER}PROTO Broken [ ] { Group {`;
    host.files['/Failing.proto'] = { status: 500 };
    const names = ['Broken', 'Failing', 'Missing'];
    const externals = names.map((name) => `EXTERNPROTO "${host.url(`/${name}.proto`)}"`);
    const nodes = names.map((name) => `${name} { translation 0 0 1 }`);
    const { notices, roots } = await load([...externals, ...nodes].join('\n'));

    expect(notices).toEqual([
      expect.stringMatching(/^Not shown: 1 Broken \(a box stands for it\), its PROTO cannot be read: line 2/),
      'Not shown: 1 Failing (a box stands for it), its PROTO could not be fetched.',
      'Not shown: 1 Missing (a box stands for it), its host has no such PROTO file.',
    ]);
    expect(roots.filter(({ type }) => type === 'Solid').map(({ values }) => values.name)).toEqual(names);
  });

  it('are kept, asked for anew only as far as they changed, and had without their host', async () => {
    car();
    const world = `EXTERNPROTO "${host.url('/robots/Car.proto')}"\nCar { }`;
    const cache = new FileCache(folder.at('cache'));
    await load(world, files({}, cache));
    host.requests.splice(0);
    expect((await load(world, files({}, cache))).notices).toEqual([]);
    expect(host.requests).toEqual([
      expect.stringMatching(/^\/robots\/Car\.proto "\d+"$/),
      expect.stringMatching(/^\/robots\/parts\/Wheel\.proto "\d+"$/),
    ]);

    for (const path of Object.keys(host.files)) host.files[path] = { status: 503 };
    expect((await load(world, files({}, cache))).notices).toEqual([]);
  });

  it('are each fetched once, and a bounded number of them', async () => {
    const urls = Array.from({ length: MOST_REMOTE_FILES + 10 }, (_, index) => new URL(host.url(`/P${index}.proto`)));
    const remote = files();
    const texts = [...urls, ...urls].map((url) => remote.read(url));

    // How many of the others come in time is up to the machine.
    const surplus = texts.filter((_, index) => index % urls.length >= MOST_REMOTE_FILES);
    expect(new Set((await Promise.all(surplus)).map((text) => 'obstacle' in text && text.obstacle))).toEqual(
      new Set([`the world asks for more than ${MOST_REMOTE_FILES} files of the network`]),
    );
    await Promise.all(texts);
    expect(host.requests.length).toBeGreaterThan(0);
    expect(host.requests).toEqual([...new Set(host.requests)]);
    expect(host.requests.length).toBeLessThanOrEqual(MOST_REMOTE_FILES);
  });

  it('are bounded in size together, also as far as they were kept', async () => {
    // As many as are fetched at once fit in together, so that some come whole.
    const [size, count] = [6_000_000, 20];
    const names = Array.from({ length: count }, (_, index) => `P${index}`);
    for (const name of names) {
      host.files[`/${name}.proto`] = `${HEADER}PROTO ${name} [ ] { Group { } }`.padEnd(size, '\n');
    }
    const externals = names.map((name) => `EXTERNPROTO "${host.url(`/${name}.proto`)}"`);
    const world = [...externals, ...names.map((name) => `${name} { translation 0 0 1 }`)].join('\n');
    const cache = new FileCache(folder.at('cache'));
    for (const _ of ['fetched', 'kept']) {
      host.requests.splice(0);
      const { notices } = await load(world, files({}, cache));

      expect(notices).toEqual([
        expect.stringMatching(
          /^Not shown: (1 P\d+ \(a box stands for it\), ){2,}each because the world asks for more than 50000000 bytes of the network\.$/,
        ),
      ]);
      const shown = count - [...(notices[0] ?? '').matchAll(/1 P\d+/g)].length;
      expect(shown).toBeGreaterThan(0);
      expect(shown * size).toBeLessThanOrEqual(MOST_REMOTE_BYTES);
      expect(host.requests.length).toBeLessThan(count);
    }
  });
});

describe('remoteUrl', () => {
  it('takes webots:// for the files of the release in the public repository', () => {
    expect(remoteUrl('webots://projects/a/B.proto', 'R2025a')?.href).toBe(
      'https://raw.githubusercontent.com/cyberbotics/webots/R2025a/projects/a/B.proto',
    );
    expect(remoteUrl('webots://projects/a/B.proto', 'V8.6')).toBeUndefined();
  });

  it.each(['http://a.example/x', 'file:///etc/passwd', 'ftp://a.example/x', 'x.proto', 'https://'])(
    'takes %s for none',
    (url) => {
      expect(remoteUrl(url, 'R2025a')).toBeUndefined();
    },
  );
});

function files(options: { hosts?: readonly string[] } = {}, cache?: FileCache): RemoteFiles {
  const all = { hosts: [host.name], certificates: host.certificates, isAllowedAddress: () => true, ...options };
  return new RemoteFiles(all, cache);
}

async function load(text: string, remote: RemoteFiles | 'none' = files()) {
  const path = await folder.write('worlds/w.wbt', `${HEADER}${text}`);
  return loadScene(path, () => {}, remote === 'none' ? undefined : remote);
}
