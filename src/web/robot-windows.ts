import type { SimulationSession } from '../client/index.ts';
import { byId } from './elements.ts';

/** Most windows that a page offers (our choice). */
const MOST_WINDOWS = 50;

/** The windows of robots: pages of the project, each in a frame that is opened on demand and can reach nothing of this page. */
export class RobotWindows {
  readonly #section = byId('robot-windows', HTMLElement);
  readonly #list = byId('robot-window-list', HTMLElement);

  follow(session: SimulationSession): void {
    this.#clear();
    session.on('robotWindow', ({ robot, window }) => {
      const name = window === '<generic>' ? 'generic' : window;
      this.#remove(robot);
      if (name === '' || name === '<none>' || this.#list.childElementCount >= MOST_WINDOWS) return;
      const path = encodeURIComponent(name);
      this.#offer(
        robot,
        `${session.assetsUrl ?? ''}robot_windows/${path}/${path}.html?name=${encodeURIComponent(robot)}`,
      );
    });
    session.on('robotWindowRemoved', ({ robot }) => this.#remove(robot));
    session.on('worldDeleted', () => this.#clear());
    void session.ended.then(() => this.#clear());
  }

  #offer(robot: string, address: string): void {
    const details = document.createElement('details');
    details.dataset.robot = robot;
    const summary = document.createElement('summary');
    summary.textContent = robot;
    details.append(summary);
    details.addEventListener('toggle', () => {
      details.querySelector('iframe')?.remove();
      if (details.open) details.append(frame(robot, address));
    });
    this.#list.append(details);
    this.#section.hidden = false;
  }

  #remove(robot: string): void {
    for (const child of [...this.#list.children]) {
      if (child instanceof HTMLElement && child.dataset.robot === robot) child.remove();
    }
    this.#section.hidden = this.#list.childElementCount === 0;
  }

  #clear(): void {
    this.#list.replaceChildren();
    this.#section.hidden = true;
  }
}

function frame(robot: string, address: string): HTMLIFrameElement {
  const element = document.createElement('iframe');
  element.setAttribute('sandbox', 'allow-scripts');
  element.title = `Window of ${robot}`;
  element.referrerPolicy = 'no-referrer';
  element.src = address;
  return element;
}
