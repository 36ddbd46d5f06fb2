import type { Locator, Page } from 'playwright-core';

import { labelled } from './labelled';

/** The dialog in which a credential is made, changed and tested. */
export class CredentialDialog {
	readonly whole: Locator;

	constructor(private readonly page: Page) {
		this.whole = page.getByTestId('editCredential-modal');
	}

	/** Which of the node's credentials it is to be. */
	async chooseKind(name: string): Promise<void> {
		await this.whole.getByTestId('credential-mode-dropdown-trigger').click();
		await this.page.getByRole('menuitem', { name }).click();
	}

	/** Types into fields, by their labels. */
	async fill(values: Record<string, string>): Promise<void> {
		for (const [label, value] of Object.entries(values)) {
			const fields = this.whole.getByTestId('credential-connection-parameter');
			await labelled(this.page, fields, label).locator('input').first().fill(value);
		}
	}

	/** The button that saves and tests. n8n closes the dialog of a new credential that passes. */
	async save(): Promise<void> {
		await this.page.getByTestId('credential-save-button').click();
	}

	/** Saves what does not pass the test. @returns what the dialog says then */
	async saveToError(): Promise<string> {
		await this.save();
		const more = this.whole.getByText('More details');
		await more.click();
		await more.waitFor({ state: 'hidden' });
		return await this.whole.innerText();
	}

	/** Saves what passes the test. */
	async saveToClose(): Promise<void> {
		await this.save();
		await this.whole.waitFor({ state: 'hidden' });
	}

	/** n8n tests a credential whenever its dialog is opened. @returns what it says of one that passes */
	async readSuccess(): Promise<string> {
		const success = this.whole.getByTestId('credentials-config-container-test-success');
		await success.waitFor();
		return await success.innerText();
	}

	async close(): Promise<void> {
		await this.whole.getByRole('button', { name: 'Close this dialog' }).click();
		await this.whole.waitFor({ state: 'hidden' });
	}
}
