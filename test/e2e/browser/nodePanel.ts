import type { Locator, Page } from 'playwright-core';

import { CredentialDialog } from './credentialDialog';
import { labelled } from './labelled';

/** The panel of a node: what goes in, the parameters, what comes out. */
export class NodePanel {
	readonly whole: Locator;
	readonly parameters: Locator;
	readonly output: Locator;

	constructor(private readonly page: Page) {
		this.whole = page.getByTestId('ndv');
		this.parameters = this.whole.getByTestId('node-parameters');
		this.output = this.whole.getByTestId('output-panel');
	}

	async close(): Promise<void> {
		await this.page.getByTestId('ndv-close-button').click();
		await this.whole.waitFor({ state: 'hidden' });
	}

	/** A parameter, by its label. */
	parameter(label: string): Locator {
		return labelled(this.page, this.parameters.getByTestId('parameter-item'), label);
	}

	/** Types into parameters, by their labels. */
	async fill(values: Record<string, string>): Promise<void> {
		for (const [label, value] of Object.entries(values)) {
			// The credential stands in the box of the first parameter.
			const input = this.parameter(label).getByTestId('parameter-input');
			await input.locator('input, textarea').first().fill(value);
		}
	}

	async choose(label: string, option: string): Promise<void> {
		await this.parameter(label).getByTestId('parameter-input').click();
		await this.page.getByRole('option').filter({ visible: true }).getByText(option, { exact: true }).click();
	}

	async switchOn(label: string): Promise<void> {
		await this.parameter(label).getByRole('switch').locator('..').click();
	}

	/** Opens the list of a parameter and searches it. @returns what is in the list then */
	async search(label: string, text: string): Promise<Locator> {
		await this.parameter(label).getByTestId('rlc-input').click();
		await this.page.getByTestId('rlc-search').filter({ visible: true }).fill(text);
		return this.page.getByTestId('rlc-item').filter({ visible: true });
	}

	/** @param place which of the credentials of the node: the first is 0 */
	async chooseCredential(name: string, place = 0): Promise<void> {
		const entries = this.page.locator('[data-test-id^="node-credentials-select-item-"]').filter({ visible: true });
		const entry = entries.getByText(name, { exact: true });
		// A panel that is drawn anew meanwhile closes the list. A click on one that is open closes it.
		for (let tries = 1; ; tries++) {
			await this.whole.getByTestId('node-credentials-select').nth(place).click();
			try {
				await entry.click({ timeout: 10_000 });
				return;
			} catch (error) {
				if (tries === 4) throw error;
			}
		}
	}

	/** When there is none yet: the button that a new user sees. */
	async createFirstCredential(button: string): Promise<CredentialDialog> {
		await this.parameters.getByRole('button', { name: button }).click();
		return await this.credentialDialog();
	}

	async editCredential(): Promise<CredentialDialog> {
		await this.whole.getByTestId('credential-edit-button').click();
		return await this.credentialDialog();
	}

	private async credentialDialog(): Promise<CredentialDialog> {
		const dialog = new CredentialDialog(this.page);
		await dialog.whole.waitFor();
		return dialog;
	}

	/** The button "Execute step". Does not wait for the end. */
	async execute(): Promise<void> {
		await this.whole.getByTestId('node-execute-button').click();
	}

	/** Executes the step. @returns the first row of the output table, by column */
	async executeToTable(): Promise<Record<string, string>> {
		await this.execute();
		return await this.readTable();
	}

	/** @returns the first row of the output table, by column, once it is there */
	async readTable(): Promise<Record<string, string>> {
		const view = this.output.getByTestId('radio-button-table');
		await view.click();
		const table = this.output.locator('table');
		await table.locator('tbody tr td').first().waitFor();
		const names = (await table.locator('thead th').allInnerTexts()).map((name) => name.trim());
		const cells = (await table.locator('tbody tr').first().locator('td').allInnerTexts()).map((text) => text.trim());
		return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']).filter(([name]) => name !== ''));
	}

	async showJson(): Promise<void> {
		await this.output.getByTestId('radio-button-json').click();
		await this.output.getByTestId('ndv-data-container').getByText('{', { exact: true }).first().waitFor();
	}

	/** Executes the step. @returns the error that the panel shows */
	async executeToError(): Promise<{ message: string; description: string }> {
		await this.execute();
		const message = this.output.getByTestId('node-error-message');
		await message.waitFor();
		const description = this.output.getByTestId('node-error-description');
		return { message: await message.innerText(), description: await description.innerText() };
	}
}
