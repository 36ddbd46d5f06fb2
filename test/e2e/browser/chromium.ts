import { chromium, selectors, type Page } from 'playwright-core';

import { findProgram } from '../../../n8n-host/findProgram';

/** A page in a browser of its own, which has no window and no profile. */
export interface Browser {
	readonly page: Page;
	/** Ends the browser and deletes what it has written to the disk. */
	close(): Promise<void>;
}

export interface BrowserOptions {
	/** What the system of the person prefers; n8n follows it. Default: `light`. */
	colorScheme?: 'light' | 'dark';
}

/** How long to wait at most for what a click brings about, in ms. */
const PATIENCE_MS = 30_000;

/** Starts the Chromium of this machine. It ends with this process, however that ends. */
export async function startBrowser({ colorScheme = 'light' }: BrowserOptions = {}): Promise<Browser> {
	// n8n names its elements for tests.
	selectors.setTestIdAttribute('data-test-id');
	const browser = await chromium.launch({
		executablePath: findChromium(),
		args: [
			'--disable-gpu',
			'--disable-quic',
			'--disable-dev-shm-usage',
			// What is not on this machine fails at once, instead of after a while.
			'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
		],
	});
	const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme });
	page.setDefaultTimeout(PATIENCE_MS);
	return { page, close: async () => await browser.close() };
}

/** Under these names systems install it. */
const programs = ['chromium', 'chromium-browser', 'google-chrome'];

function findChromium(): string {
	const path = process.env['CHROMIUM'] || programs.map(findProgram).find(Boolean);
	if (!path) {
		throw new Error(
			`The browser tests need Chromium: one of ${programs.join(', ')} in the PATH, or its path in the variable CHROMIUM. ` +
				'On Debian: apt-get install chromium',
		);
	}
	return path;
}
