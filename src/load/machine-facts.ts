import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { arch, cpus, release, type } from 'node:os';
import { promisify } from 'node:util';
import { readMemory } from './read-memory.ts';

/** Longest wait for a program that tells what there is, in ms: our choice. */
const PROGRAM_TIMEOUT = 10_000;

/** Classes of devices that draw, as `lspci` names them. */
const GPU_CLASS = /^(?:VGA compatible|XGA compatible|3D|Display) controller$/;

/** What this machine is, for people; a part that the system does not tell is `unknown`. */
export async function machineFacts() {
  const [system, cards, memory] = await Promise.all([
    systemName(),
    graphicsCards().catch(() => []),
    readMemory().catch(() => undefined),
  ]);
  const cores = cpus();
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return {
    system: `${system} (${arch()})`,
    cpu: cores[0] ? `${cores[0].model.trim()}, ${cores.length} cores` : 'unknown',
    gpu: cards.join(', ') || 'none',
    memory: memory ? `${gigabytes(memory.total)}, swap ${gigabytes(memory.swapTotal)}` : 'unknown',
  };
}

async function systemName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return readSystemName(text) ?? `${type()} ${release()}`;
}

/** Name and version in `/etc/os-release`, see os-release(5); undefined without a name. */
export function readSystemName(text: string): string | undefined {
  const value = (key: string) => new RegExp(`^${key}=["']?([^"'\n]+)`, 'm').exec(text)?.[1];
  const name = value('NAME');
  return name && [name, value('VERSION_ID')].filter(Boolean).join(' ');
}

/** By one program; systeminformation, which asks five, is for systems that have no `lspci`. */
async function graphicsCards(): Promise<readonly string[]> {
  if (process.platform === 'linux') {
    const { stdout } = await promisify(execFile)('lspci', ['-mm'], { timeout: PROGRAM_TIMEOUT });
    return readDeviceTable(stdout);
  }
  const { graphics } = await import('systeminformation');
  const { controllers } = await graphics();
  return controllers.map(({ vendor, model }) => `${vendor} ${model}`.trim());
}

/** Vendor and model of each graphics card in the output of `lspci -mm`, see lspci(8). */
export function readDeviceTable(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [deviceClass = '', vendor, model] = [...line.matchAll(/"([^"]*)"/g)].map(([, field]) => field);
    return GPU_CLASS.test(deviceClass) ? [`${vendor} ${model}`] : [];
  });
}
