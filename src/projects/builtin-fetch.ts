import type { FetchedProject, FetchTask } from './project-fetch.ts';

export async function fetchByWorker(_task: FetchTask, _url: string): Promise<FetchedProject> {
  throw new Error('not there yet');
}
