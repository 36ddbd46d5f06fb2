import type { Locator, Page } from 'playwright-core';

import { defaultOwner, type StoredWorkflow } from '../../../n8n-host';
import { startBrowser, type Browser, type BrowserOptions } from './chromium';
import { NodePanel } from './nodePanel';

/** n8n's editor, used as a person does: by what is written on it. For n8n 2. */
export class Editor {
	private constructor(
		private readonly url: string,
		private readonly browser: Browser,
	) {}

	/** Starts a browser and signs in. */
	static async open(url: string, options?: BrowserOptions): Promise<Editor> {
		const editor = new Editor(url, await startBrowser(options));
		await editor.signIn();
		return editor;
	}

	get page(): Page {
		return this.browser.page;
	}

	async close(): Promise<void> {
		await this.browser.close();
	}

	private async signIn(): Promise<void> {
		const { page } = this;
		await page.goto(`${this.url}/signin`);
		await page.locator('input[name="emailOrLdapLoginId"]').fill(defaultOwner.email);
		await page.locator('input[name="password"]').fill(defaultOwner.password);
		await page.getByTestId('form-submit-button').click();
		await page.waitForURL(/\/(home|workflow)/);
	}

	/** An empty workflow. */
	async newWorkflow(): Promise<void> {
		await this.page.goto(`${this.url}/workflow/new`);
		await this.page.getByTestId('canvas-add-button').waitFor();
	}

	async openWorkflow({ id }: Pick<StoredWorkflow, 'id'>): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${id}`);
		await this.node().first().waitFor();
	}

	/** One that has ended, as the list of executions shows it. */
	async openExecution({ id }: Pick<StoredWorkflow, 'id'>, executionId: string): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${id}/executions/${executionId}`);
		await this.page.getByTestId('canvas-node-status-success').first().waitFor();
	}

	/** Types into the node creator. @returns the names of the nodes that it offers */
	async searchNodes(text: string): Promise<string[]> {
		await this.openNodeCreator();
		await this.page.getByTestId('node-creator-search-bar').fill(text);
		await this.offeredNodes
			.filter({ hasText: new RegExp(text, 'i') })
			.first()
			.waitFor();
		return (await this.offeredNodes.allInnerTexts()).map((name) => name.trim());
	}

	private get offeredNodes(): Locator {
		return this.page.getByTestId('node-creator-item-name');
	}

	private async openNodeCreator(): Promise<void> {
		const first = this.page.getByTestId('canvas-add-button').getByRole('button');
		await first.or(this.page.getByTestId('node-creator-plus-button')).first().click();
	}

	/**
	 * Finds a node in the node creator and puts it into the workflow.
	 * @param action what to choose of what the node offers
	 */
	async addNode(name: string, action = 'Add to workflow'): Promise<NodePanel> {
		await this.searchNodes(name);
		await this.offeredNodes.getByText(name, { exact: true }).click();
		await this.page.getByTestId('node-creator').getByText(action, { exact: true }).click();
		return await this.panel();
	}

	/** What the node creator says of a node. */
	async readNodeDetails(name: string): Promise<string> {
		await this.searchNodes(name);
		await this.offeredNodes.getByText(name, { exact: true }).click();
		const creator = this.page.getByTestId('node-creator');
		await creator.getByText('Node details').waitFor();
		await creator.getByText('Installed').waitFor();
		return await creator.innerText();
	}

	node(name?: string): Locator {
		const nodes = this.page.getByTestId('canvas-node');
		return name === undefined ? nodes : nodes.and(this.page.locator(`[data-node-name="${name}"]`));
	}

	async openNode(name: string): Promise<NodePanel> {
		await this.node(name).dblclick();
		return await this.panel();
	}

	private async panel(): Promise<NodePanel> {
		const panel = new NodePanel(this.page);
		await panel.whole.waitFor();
		return panel;
	}

	/** The button "Execute workflow", until the workflow has succeeded. */
	async execute(): Promise<void> {
		await this.page.getByTestId('execute-workflow-button').click();
		await this.page.getByText('Workflow executed successfully').first().waitFor();
	}

	/** @returns what n8n says then */
	async publish(): Promise<string> {
		const { page } = this;
		await page.getByTestId('workflow-open-publish-modal-button').click();
		await page.getByTestId('workflow-publish-button').click();
		const said = page.getByTestId('activation-modal');
		await said.getByText('Workflow published').waitFor();
		const text = await said.innerText();
		await said.getByRole('button', { name: 'Got it' }).click();
		await said.waitFor({ state: 'hidden' });
		return text;
	}

	/** The lines of the list of executions, the newest first. n8n adds new ones by itself. */
	async openExecutions(): Promise<Locator> {
		await this.page.getByTestId('radio-button-executions').click();
		const list = this.page.getByTestId('current-executions-list');
		await list.waitFor();
		return list.locator('[data-test-id^="execution-details-"]');
	}
}
