// The real console, on a free port, with its own data directory and one allowed local folder.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Program, RCLONE, freePort, until } from './process';

const BINARY = process.env.LONGSHORE_BIN ?? '../target/debug/longshore';

/** Somebody who can sign in. */
export interface Person {
  username: string;
  password: string;
}

/** The person that every test signs in as. */
export const ADMIN: Person = { username: 'ana', password: 'tidal-quay-4711-lamp' };

export class Longshore {
  readonly data: string;
  port = 0;
  private program?: Program;

  constructor(
    folder: string,
    private readonly rclone = RCLONE,
    private readonly path = process.env.PATH,
    readonly files = join(folder, 'files'),
  ) {
    this.data = join(folder, 'data');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Its process. */
  get pid(): number {
    const pid = this.program?.child.pid;
    if (pid === undefined) throw new Error('the console does not run');
    return pid;
  }

  /** Everything it printed since it was started. */
  get output(): string {
    return this.program?.output ?? '';
  }

  /** Starts it; a second start, after `kill`, takes the same port and data. */
  async start(): Promise<void> {
    this.port ||= await freePort();
    const args = ['serve', '--listen', `127.0.0.1:${this.port}`, '--local-root', this.files];
    this.program = new Program('longshore', BINARY, args, this.env());
    await this.program.listens(this.port);
    await until('the console to answer', async () => ((await fetch(`${this.url}/healthz`)).ok ? true : undefined));
  }

  /** The code of the first start, as a person would read it from the file. */
  async setupCode(): Promise<string> {
    return (await readFile(join(this.data, 'setup-code'), 'utf8')).trim();
  }

  /** Makes the admin without a browser. Before `start`. */
  createAdmin(): void {
    this.command(['admin', 'create', ADMIN.username], `${ADMIN.password}\n`);
  }

  /** A token for the REST API. */
  createToken(user = ADMIN.username, role = 'admin', label = 'tests'): string {
    const out = this.command(['token', 'create', '--user', user, '--name', label, '--role', role], '');
    const token = /lsh_\w+/.exec(out)?.[0];
    if (!token) throw new Error(`no token in: ${out}`);
    return token;
  }

  /** As a power cut would: no handler runs. */
  async kill(): Promise<void> {
    await this.program?.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.program?.end('SIGTERM');
  }

  private env(): NodeJS.ProcessEnv {
    return { ...process.env, PATH: this.path, LONGSHORE_DATA_DIR: this.data, LONGSHORE_RCLONE: this.rclone };
  }

  private command(args: string[], input: string): string {
    const done = spawnSync(BINARY, args, { env: this.env(), input, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`longshore ${args.join(' ')}: ${done.error ?? ''}${done.stderr}`);
    return done.stdout;
  }
}
