import { existsSync } from 'node:fs';
import { rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../errors.ts';
import { checkRoom, checkWritable } from '../simulation/capacity-checks.ts';
import { createInstancesFolder } from '../simulation/instance-folder.ts';
import { type Check, failure, fine, warning } from './finding.ts';

const WHAT = 'projects folder';

/** Whether the folder for projects can be made and written, and has room. Leaves no folder that was not there before. */
export function projectsFolderCheck(projects: string): Check {
  return {
    what: WHAT,
    async look() {
      const owner = (await stat(projects).catch(() => undefined))?.uid;
      if (process.getuid?.() === 0 && owner)
        return [warning(WHAT, `not looked at: ${projects} is user ${owner}'s`, 'run the doctor as that user')];
      const missing = missingFolders(projects);
      try {
        await createInstancesFolder(projects);
        const end = (await checkWritable(projects)) ?? (await checkRoom(projects));
        if (!end) return [fine(WHAT, projects)];
        return [failure(WHAT, `${projects}: ${end.text}`, 'make room, or change `projectsDir`')];
      } catch (error) {
        if (error instanceof AppError) throw error;
        const advice = "let the server's user write it, or change `projectsDir`";
        return [failure(WHAT, error instanceof Error ? error.message : String(error), advice)];
      } finally {
        // One that is used meanwhile is not empty, and stays.
        for (const folder of missing) await rmdir(folder).catch(() => {});
      }
    },
  };
}

/** Those that a server would make, the innermost first. */
function missingFolders(projects: string): string[] {
  const folders = [join(projects, 'instances'), join(projects, 'ledger')];
  for (let path = projects; !existsSync(path); path = dirname(path)) folders.push(path);
  return folders.filter((path) => !existsSync(path));
}
