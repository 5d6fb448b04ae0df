// What a person does, page by page. The only place that knows how the pages are marked up: by labels and roles, as
// assistive technology finds its way, and by the fixed points that every page keeps.
import { type Locator, type Page, expect } from '@playwright/test';
import { accessible } from './axe';
import { ADMIN, type Longshore, type Person } from './longshore';
import type { S3 } from './s3';

export type PageName = 'overview' | 'browse' | 'remotes' | 'jobs' | 'runs' | 'run' | 'mounts' | 'audit' | 'settings' | 'login' | 'password' | 'setup';

/** The page's own part, once it is there. */
export async function arrived(page: Page, name: PageName): Promise<Locator> {
  const main = page.locator(`main[data-page="${name}"]`);
  await expect(main).toBeVisible();
  return main;
}

/** Waits until a click does what the script says, not what the plain form does. */
export async function interactive(page: Page): Promise<void> {
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
}

/** Opens a page and waits until it can be used. */
export async function open(page: Page, longshore: Longshore, path: string, name: PageName): Promise<Locator> {
  await page.goto(longshore.url + path);
  const main = await arrived(page, name);
  await interactive(page);
  return main;
}

/** The first start: the first admin, with the code from the file. Ends signed in. */
export async function setUp(page: Page, longshore: Longshore): Promise<void> {
  const main = await arrived(page, 'setup');
  await main.locator('[name=code]').fill(await longshore.setupCode());
  await fillCredentials(main, ADMIN);
  await main.locator('[name=password_again]').fill(ADMIN.password);
  await main.getByRole('button', { name: 'Create the first admin' }).click();
  await arrived(page, 'overview');
}

/** Signs in on the page that is there. */
export async function signIn(page: Page, person: Person = ADMIN): Promise<void> {
  const main = await arrived(page, 'login');
  await fillCredentials(main, person);
  await main.getByRole('button', { name: 'Sign in' }).click();
}

async function fillCredentials(main: Locator, person: Person): Promise<void> {
  await main.locator('[name=username]').fill(person.username);
  await main.locator('[name=password]').fill(person.password);
}

/** Opens the console signed in. */
export async function enter(page: Page, longshore: Longshore, person: Person = ADMIN): Promise<void> {
  await open(page, longshore, '/login', 'login');
  await signIn(page, person);
  await arrived(page, 'overview');
  await interactive(page);
}

/** On the page that asks for a password of one's own: chooses it, and remembers it. */
export async function choosePassword(page: Page, person: Person, password: string): Promise<void> {
  const main = await arrived(page, 'password');
  await interactive(page);
  await accessible(page);
  await main.locator('[name=current_password]').fill(person.password);
  await main.locator('[name=password]').fill(password);
  await main.locator('[name=password_again]').fill(password);
  await main.getByRole('button', { name: 'Change password' }).click();
  await arrived(page, 'overview');
  person.password = password;
}

/** Signs out by the menu of the person; works without JavaScript as well. */
export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: `Account of ${ADMIN.username}` }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await arrived(page, 'login');
}

/** In the wizard: S3, and how to reach the server. */
export async function chooseS3(page: Page, s3: S3): Promise<void> {
  const main = page.locator('main');
  await main.getByRole('link', { name: /^S3/ }).click();
  const { provider, ...rest } = s3.config;
  await main.locator('#option-provider').selectOption(provider ?? '');
  for (const [option, value] of Object.entries(rest)) await main.locator(`#option-${option}`).fill(value);
}

/** Goes through the wizard: provider, connection, test, name, save. */
export async function addS3Remote(page: Page, longshore: Longshore, s3: S3, name: string): Promise<void> {
  const main = await open(page, longshore, '/remotes/new', 'remotes');
  await chooseS3(page, s3);
  await main.getByRole('button', { name: 'Continue' }).click();
  await expect(main.getByLabel('Encrypt names and content')).not.toBeChecked();
  await main.getByRole('button', { name: 'Continue' }).click();
  await main.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
  await main.getByRole('button', { name: 'Test the connection' }).click();
  await expect(main.getByRole('button', { name: 'Save remote' })).toBeEnabled();
  await main.getByRole('button', { name: 'Save remote' }).click();
  await expect(page).toHaveURL(/\/remotes$/);
}

/** In the wizard, on the step after the connection: encrypts in a folder of the remote, and goes on. */
export async function encryptIn(page: Page, path: string): Promise<void> {
  const main = page.locator('main');
  await main.getByLabel('Encrypt names and content').check();
  await main.getByLabel('Where in the remote').fill(path);
  await main.getByRole('button', { name: 'Continue' }).click();
  await expect(main.getByRole('textbox', { name: 'Name', exact: true })).toBeVisible();
}

/** The row of a mount, by where it is. */
export function mountRow(page: Page, place: string): Locator {
  return page.locator(`[data-mount="${place}"]`);
}

/** In the form of the mounts: fills it and sends it. */
export async function fillMount(page: Page, what: string, where: string): Promise<void> {
  const main = await arrived(page, 'mounts');
  await main.getByRole('textbox', { name: 'What' }).fill(what);
  await main.getByRole('textbox', { name: 'Where' }).fill(where);
  await main.getByRole('button', { name: 'Mount', exact: true }).click();
}

/** The row of a person in the settings. */
export function personRow(page: Page, name: string): Locator {
  return page.locator(`[data-user="${name}"]`);
}

/** In the settings: adds a person. */
export async function addPerson(page: Page, person: Person, role: 'viewer' | 'operator' | 'admin'): Promise<void> {
  const main = await arrived(page, 'settings');
  await main.getByText('Add a person').click();
  await main.getByLabel('Name', { exact: true }).fill(person.username);
  await main.getByLabel('Role', { exact: true }).selectOption(role);
  await main.getByLabel('First password').fill(person.password);
  await main.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(personRow(page, person.username)).toBeVisible();
}

/** In the settings: makes a token; the token itself, which is shown this once. */
export async function makeToken(page: Page, label: string): Promise<string> {
  const main = await arrived(page, 'settings');
  await main.getByText('Create a token').click();
  await main.getByLabel('What is it for?').fill(label);
  await main.getByRole('button', { name: 'Create token' }).click();
  await expect(main.locator(`[data-token="${label}"]`)).toBeVisible();
  return (await main.locator('[data-token-secret]').innerText()).trim();
}

/** The rows of the audit log that are shown, by their actions, newest first. */
export function actions(page: Page): Locator {
  return page.locator('main[data-page=audit] tr[data-action] code');
}

/** The head of a run's page: it carries the run's state. */
export function runState(page: Page): Locator {
  return page.locator('main[data-page=run] [data-run][data-state]').first();
}

/** Waits until the page shows another run than it does when this is called. */
export async function otherRun(page: Page): Promise<void> {
  const before = await runState(page).getAttribute('data-run');
  await expect(runState(page)).not.toHaveAttribute('data-run', before ?? '');
  await interactive(page);
}

/** On a run's page: asks it to stop, and says why. */
export async function stopRun(page: Page, reason: string): Promise<void> {
  await page.locator('main').getByRole('button', { name: 'Stop', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Stop this run?' });
  await dialog.getByLabel('Why?').fill(reason);
  await dialog.getByRole('button', { name: 'Stop it' }).click();
  await expect(dialog).toBeHidden();
}

/** On a preview's page: approves it with this name. */
export async function approve(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Approve and run' });
  if (!(await dialog.isVisible())) await page.getByRole('button', { name: 'Approve and run' }).click();
  await dialog.getByLabel('Location that changes').fill(name);
  await dialog.getByRole('button', { name: 'Delete and run' }).click();
}

/** Waits until the bar of the run that is looked at has moved on from where it is now. */
export async function grown(page: Page): Promise<void> {
  const bar = page.locator('main[data-page=run]').getByRole('progressbar').first();
  const value = async () => Number((await bar.getAttribute('value')) ?? 0);
  const before = await value();
  await expect.poll(value, { message: 'the bar moves' }).toBeGreaterThan(before);
}

/** The row of a run in a list of runs. */
export function runRow(page: Page | Locator, id: string): Locator {
  return page.locator(`[data-run="${id}"]`);
}

/** The file list. */
export function grid(page: Page): Locator {
  return page.getByRole('grid');
}

/** Opens a folder of this server. */
export function browse(page: Page, longshore: Longshore, folder: string): Promise<Locator> {
  return open(page, longshore, `/browse/local${folder.split('/').map(encodeURIComponent).join('/')}`, 'browse');
}

/** The row of a file or folder, by its name as it is shown. */
export function rowOf(page: Page, name: string): Locator {
  return grid(page).getByRole('row').filter({ has: page.getByTitle(name, { exact: true }) });
}

/** In the location picker: opens it for one end, walks down, and chooses. The first step is a place, the others are folders. */
export async function chooseFolder(page: Page, end: 'from' | 'to' | 'what', [place, ...folders]: [RegExp, ...string[]]): Promise<void> {
  await page.getByRole('button', { name: `Choose ${end}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('listitem').getByRole('button', { name: place }).click();
  for (const folder of folders) {
    await dialog.getByRole('row').filter({ has: page.getByTitle(folder, { exact: true }) }).getByRole('link').click();
    await expect(dialog.getByRole('navigation')).toContainText(folder);
  }
  await dialog.getByRole('button', { name: 'Choose this folder' }).click();
  await expect(dialog).toBeHidden();
}

/** In the editor of a transfer: opens a section, where it is not open. */
export async function unfold(page: Page, section: string): Promise<Locator> {
  const details = page.locator('main[data-page=jobs] details').filter({ has: page.getByRole('heading', { name: section, exact: true }) });
  if ((await details.getAttribute('open')) === null) await details.locator('summary').first().click();
  await expect(details).toHaveAttribute('open', '');
  return details;
}

/** In the editor: what it does, and with which places. */
export async function fillTransfer(page: Page, operation: string, from: string, to?: string): Promise<Locator> {
  const main = await arrived(page, 'jobs');
  await main.getByRole('radio', { name: operation, exact: true }).check();
  await main.getByRole('textbox', { name: to === undefined ? /^What/ : /^From/ }).fill(from);
  if (to !== undefined) await main.getByRole('textbox', { name: /^To/ }).fill(to);
  return main;
}

/** In the editor: runs what is typed; ends on the run's page, and tells its id. */
export async function runOnce(page: Page): Promise<string> {
  await page.locator('main[data-page=jobs]').getByRole('button', { name: 'Run once' }).click();
  await arrived(page, 'run');
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}

/** In the editor: previews what is typed, and waits for what it found. */
export async function preview(page: Page): Promise<Locator> {
  const panel = page.getByRole('region', { name: 'Preview', exact: true });
  await panel.getByRole('button', { name: /^Preview/ }).click();
  await expect(panel.locator('.preview__said')).toBeVisible();
  return panel;
}

/** In the list of jobs: the row of a job. */
export function jobRow(page: Page, name: string): Locator {
  return page.locator('main[data-page=jobs] [data-job]').filter({ has: page.getByRole('link', { name, exact: true }) });
}
