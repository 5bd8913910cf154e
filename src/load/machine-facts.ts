import { cpu, graphics, mem, osInfo } from 'systeminformation';

/** What this machine is, for people; a part that the system does not tell is `unknown`. */
export async function machineFacts() {
  const [system, processor, cards, memory] = await Promise.all([
    osInfo().catch(() => undefined),
    cpu().catch(() => undefined),
    graphics().catch(() => undefined),
    mem().catch(() => undefined),
  ]);
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return {
    system: system ? `${system.distro} ${system.release} (${system.arch})` : 'unknown',
    cpu: processor ? `${processor.manufacturer} ${processor.brand}, ${processor.cores} cores` : 'unknown',
    gpu: cards?.controllers.map(({ vendor, model }) => `${vendor} ${model}`.trim()).join(', ') || 'none',
    memory: memory ? `${gigabytes(memory.total)}, swap ${gigabytes(memory.swaptotal)}` : 'unknown',
  };
}
