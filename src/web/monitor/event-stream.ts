/** Waits in ms before the stream is opened again, the last one over and over: our choice. */
const BACKOFF = [1_000, 2_000, 4_000, 8_000, 15_000];

/** Longest silence in ms: two beats of the server and some more; then the connection is taken for broken. */
const LONGEST_SILENCE = 40_000;

export interface StreamListener<Message> {
  /** @returns whether it was the last one: then nothing more is asked for */
  heard(message: Message): boolean;
  /** The stream is broken; it will be tried again. */
  lost(): void;
}

/** Follows a stream of the server's events as long as the page is open. */
export function followEvents<Message>(url: string, listener: StreamListener<Message>): void {
  let failures = 0;
  open();

  function open(): void {
    const source = new EventSource(url);
    let silence = setTimeout(lose, LONGEST_SILENCE);
    const hear = () => {
      clearTimeout(silence);
      silence = setTimeout(lose, LONGEST_SILENCE);
    };
    source.addEventListener('beat', hear);
    source.addEventListener('message', ({ data }) => {
      failures = 0;
      hear();
      if (!listener.heard(JSON.parse(String(data)) as Message)) return;
      clearTimeout(silence);
      source.close();
    });
    // The browser's own attempts know no backoff.
    source.addEventListener('error', lose);

    function lose(): void {
      clearTimeout(silence);
      source.close();
      listener.lost();
      setTimeout(open, BACKOFF[Math.min(failures, BACKOFF.length - 1)]);
      failures++;
    }
  }
}
