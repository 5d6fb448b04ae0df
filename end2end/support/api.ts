// The REST API, as a program uses it: with a token.
import type { Longshore } from './longshore';
import { until } from './process';

/** What tests read of a run. */
export interface Run {
  id: string;
  state: string;
  created_at: string;
  ended_at: string | null;
  error?: string;
  signal: string | null;
  stats: { bytes: number; files: number; errors: number };
}

export class Api {
  private readonly token: string;

  constructor(private readonly longshore: Longshore) {
    this.token = longshore.createToken();
  }

  /** Asks; anything but a success is an error with the whole answer in it. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' };
    const response = await fetch(`${this.longshore.url}/api/v1${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Adds a remote. */
  async addRemote(name: string, provider: string, config: Record<string, string>): Promise<void> {
    await this.call('POST', '/remotes', { name, provider, config });
  }

  /** Starts a copy; the answer is its id. */
  async copy(source: string, destination: string, options: Record<string, unknown> = {}): Promise<string> {
    return (await this.call<Run>('POST', '/runs', { operation: 'copy', source, destination, options })).id;
  }

  /** The run as it is now. */
  run(id: string): Promise<Run> {
    return this.call<Run>('GET', `/runs/${id}`);
  }

  /** What changes in so many milliseconds, as the console tells those that listen. */
  async listen(ms: number): Promise<{ type: string }[]> {
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), ms);
    const events: { type: string }[] = [];
    try {
      const headers = { authorization: `Bearer ${this.token}` };
      const response = await fetch(`${this.longshore.url}/api/v1/events`, { headers, signal: over.signal });
      if (!response.ok || response.body === null) throw new Error(`events: ${response.status}`);
      let rest = '';
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const lines = (rest + value).split('\n');
        rest = lines.pop() ?? '';
        events.push(...lines.filter((line) => line.startsWith('data:')).map((line) => JSON.parse(line.slice(5)) as { type: string }));
      }
    } catch (error) {
      if (!over.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
    }
    return events;
  }

  /** How many files a run says that it copied, and how large they are, file by file. */
  async copied(id: string): Promise<{ files: number; bytes: number }> {
    const sum = { files: 0, bytes: 0 };
    for (;;) {
      const path = `/runs/${id}/files?outcome=copied&limit=500&offset=${sum.files}`;
      const page = await this.call<{ files: { size: number }[] }>('GET', path);
      if (page.files.length === 0) return sum;
      sum.files += page.files.length;
      sum.bytes += page.files.reduce((bytes, file) => bytes + file.size, 0);
    }
  }

  /** The run, once it has ended. */
  ended(id: string, limit = 60_000, every = 50): Promise<Run> {
    const attempt = async () => {
      const run = await this.call<Run>('GET', `/runs/${id}`);
      return run.ended_at === null ? undefined : run;
    };
    return until(`the end of run ${id}`, attempt, limit, every);
  }
}
