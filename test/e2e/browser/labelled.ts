import type { Locator, Page } from 'playwright-core';

/** The innermost of the boxes that hold this label. n8n puts a star behind the label of what is required. */
export function labelled(page: Page, boxes: Locator, label: string): Locator {
	const plain = label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
	return boxes
		.filter({ has: page.locator('label span', { hasText: new RegExp(`^\\s*${plain}\\s*\\*?\\s*$`) }) })
		.last();
}
