/** The world that every server of this program can run without network: its configuration maps the URL to a local folder. */
export const EXAMPLE_WORLD = 'https://github.com/webots-hub/examples/blob/main/worlds/marbles.wbt';
