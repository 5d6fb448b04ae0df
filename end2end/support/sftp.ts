// A real SFTP server with a host key of its own: rclone's, over a folder of the test.
import { spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { Program, RCLONE, freePort } from './process';

export class Sftp {
  readonly user = 'quay';
  readonly pass = 'lantern-and-rope';
  port = 0;
  private program?: Program;

  constructor(readonly folder: string) {}

  async start(): Promise<void> {
    await mkdir(`${this.folder}/files`, { recursive: true });
    this.newKey();
    this.port = await freePort();
    await this.listen();
  }

  /** The server is set up again: another host key, at the same port. */
  async renew(): Promise<void> {
    await this.stop();
    await rm(this.key);
    this.newKey();
    await this.listen();
  }

  /** What OpenSSH itself says of the host key. */
  fingerprint(): string {
    return spawnSync('ssh-keygen', ['-lf', this.key], { encoding: 'utf8' }).stdout.split(' ')[1] ?? '';
  }

  async stop(): Promise<void> {
    await this.program?.end();
  }

  private get key(): string {
    return `${this.folder}/host`;
  }

  private newKey(): void {
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.key]);
  }

  private async listen(): Promise<void> {
    const address = ['--addr', `127.0.0.1:${this.port}`, '--user', this.user, '--pass', this.pass, '--key', this.key];
    this.program = new Program('rclone serve sftp', RCLONE, ['serve', 'sftp', `${this.folder}/files`, '--config', '/dev/null', ...address]);
    await this.program.listens(this.port);
  }
}
