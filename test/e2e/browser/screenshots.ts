import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

import { cacheFolder } from '../../../n8n-host';

/** The part of the window that a picture shows. */
export type Clip = Readonly<Record<'x' | 'y' | 'width' | 'height', number>>;

/** Where the pictures of the documents go to; undefined: nobody wants them. */
const folder = process.env['SCREENSHOTS'];

/** The part of the window that the nodes and notes of a workflow take up. */
export async function canvasClip(page: Page): Promise<Clip> {
	// The names of nodes stand below their boxes.
	const boxes = await page.locator('.vue-flow__node').evaluateAll((nodes) =>
		nodes.map((node) => {
			const { left, top, right, bottom } = node.getBoundingClientRect();
			return { left, top, right, bottom };
		}),
	);
	const margin = 20;
	const x = Math.max(0, Math.min(...boxes.map(({ left }) => left)) - margin);
	const y = Math.max(0, Math.min(...boxes.map(({ top }) => top)) - margin);
	const width = Math.max(...boxes.map(({ right }) => right)) + margin - x;
	const height = Math.max(...boxes.map(({ bottom }) => bottom)) + 2 * margin - y;
	return { x, y, width, height };
}

/** Takes a picture for the documents when the environment variable SCREENSHOTS names a folder for it. */
export async function picture(page: Page, name: string, clip?: Clip): Promise<void> {
	if (!folder) return;
	// No pointer over anything, so that nothing is lit up and no hint hangs in the picture.
	await page.mouse.move(1, 1);
	// Until messages in the corner are gone.
	await page.locator('.el-notification').first().waitFor({ state: 'detached' });
	await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', ...(clip ? { clip } : {}) });
}

/** Does something in the browser. When it fails, the error says where a picture of the window is. */
export async function seen<Result>(page: Page, act: () => Promise<Result>): Promise<Result> {
	try {
		return await act();
	} catch (error) {
		// Not in the temporary folder, which is emptied after the tests.
		const path = join(cacheFolder(), `failed-${randomUUID()}.png`);
		await page.screenshot({ path });
		if (error instanceof Error) error.message += `\n\nWhat the browser showed at ${page.url()}: ${path}`;
		throw error;
	}
}
