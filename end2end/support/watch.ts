// What a page must never do: complain in the console, break its own content security policy, throw, or ask for what is
// not there. Hydration warnings are console warnings, so they are among it.
import type { BrowserContext, Page } from '@playwright/test';

export class Watch {
  private readonly seen: string[] = [];
  private readonly allowed: RegExp[] = [];
  private closed = false;

  /** Looks at every page of the context, from its first line of script. */
  static async over(context: BrowserContext): Promise<Watch> {
    const watch = new Watch();
    await context.exposeBinding('__violation', (_, text: string) => watch.see(`csp: ${text}`));
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        const report = (window as unknown as { __violation(text: string): void }).__violation;
        report(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    context.on('page', (page) => watch.page(page));
    return watch;
  }

  /** What this test brings about on purpose. */
  allow(...patterns: RegExp[]): void {
    this.allowed.push(...patterns);
  }

  /** The console is away for a while, on purpose: whatever the browser asks for meanwhile fails, in one of these ways. */
  allowNoConsole(): void {
    this.allow(/net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|CONNECTION_CLOSED|SOCKET_NOT_CONNECTED|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)/);
  }

  /** Looks away: what happens from now on is not the test's. */
  close(): void {
    this.closed = true;
  }

  /** What was seen and not allowed. */
  problems(): string[] {
    return this.seen.filter((line) => !this.allowed.some((pattern) => pattern.test(line)));
  }

  private see(problem: string): void {
    if (!this.closed) this.seen.push(problem);
  }

  private page(page: Page): void {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.see(`console ${message.type()}: ${message.text()} (${page.url()})`);
    });
    page.on('pageerror', (error) => this.see(`exception: ${error.message}`));
    page.on('response', (response) => {
      if (response.status() >= 400) this.see(`status ${response.status()}: ${response.request().method()} ${response.url()}`);
    });
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? '';
      // Leaving a page ends its event stream and whatever is under way: that is not a failure.
      if (reason !== 'net::ERR_ABORTED') this.see(`failed: ${request.url()} ${reason}`);
    });
  }
}
