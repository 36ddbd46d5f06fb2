import { restoreEnvironment } from './environment';
import { closeServers } from './servers';

const open: Array<() => void | Promise<void>> = [];

/** Has something closed once the test is over: what was opened last is closed first. */
export function closeAfterTest(close: () => void | Promise<void>): void {
	open.push(close);
}

/** For `afterEach`: closes clients, sandboxes and servers, and puts the environment back. */
export async function closeSetups(): Promise<void> {
	for (const close of open.splice(0).reverse()) await close();
	await closeServers();
	restoreEnvironment();
}
