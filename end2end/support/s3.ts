// A real S3 server to transfer to: rclone's own, over a folder of the test.
import { mkdir } from 'node:fs/promises';
import { Program, RCLONE, freePort } from './process';

export class S3 {
  readonly accessKey = 'quay';
  readonly secretKey = 'lantern-and-rope';
  readonly bucket = 'archive';
  port = 0;
  private program?: Program;

  constructor(readonly folder: string) {}

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    await mkdir(`${this.folder}/${this.bucket}`, { recursive: true });
    this.port = await freePort();
    const address = ['--addr', `127.0.0.1:${this.port}`, '--auth-key', `${this.accessKey},${this.secretKey}`];
    this.program = new Program('rclone serve s3', RCLONE, ['serve', 's3', this.folder, '--config', '/dev/null', ...address]);
    await this.program.listens(this.port);
  }

  /** What a person types into the wizard, by rclone's names. */
  get config(): Record<string, string> {
    return { provider: 'Rclone', access_key_id: this.accessKey, secret_access_key: this.secretKey, endpoint: this.endpoint };
  }

  async stop(): Promise<void> {
    await this.program?.end();
  }
}
