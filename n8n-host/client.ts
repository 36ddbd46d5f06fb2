import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/v4';
import { N8nApiError } from './apiError';
import {
	executionSchema,
	executionSummarySchema,
	hasEnded,
	type EndedExecution,
	type Execution,
	type ExecutionSummary,
} from './execution';
import type { WorkflowDefinition } from './workflow';

export interface N8nOwner {
	readonly email: string;
	readonly password: string;
	readonly firstName: string;
	readonly lastName: string;
}

/** The account that is made on a fresh n8n. It exists only on this machine. */
export const defaultOwner: N8nOwner = {
	email: 'owner@example.com',
	password: 'Demo-passw0rd',
	firstName: 'Demo',
	lastName: 'Owner',
};

export interface StoredCredential {
	readonly id: string;
	readonly name: string;
	readonly type: string;
}

export interface StoredWorkflow {
	readonly id: string;
	readonly name: string;
	readonly active: boolean;
	readonly versionId: string;
}

export interface WaitOptions {
	/** Default: 30,000 ms. */
	readonly timeoutMs?: number;
}

const pollMs = 100;
const databasePatienceMs = 30_000;

const credentialSchema = z.object({ id: z.string(), name: z.string(), type: z.string() });
const credentialTestSchema = z.object({ status: z.enum(['OK', 'Error']), message: z.string().optional() });
const workflowSchema = z.object({ id: z.string(), name: z.string(), active: z.boolean(), versionId: z.string() });
const communityPackageSchema = z.object({
	packageName: z.string(),
	installedVersion: z.string(),
	failedLoading: z.boolean().optional(),
	installedNodes: z.array(z.object({ name: z.string(), type: z.string() })),
});
const nodeTypesSchema = z.array(z.looseObject({ name: z.string() }));

export type CredentialTestResult = z.infer<typeof credentialTestSchema>;
export type InstalledCommunityPackage = z.infer<typeof communityPackageSchema>;

/** Does what a person does in n8n's editor, through the REST API that the editor itself uses. For n8n 1 and 2. */
export class N8nClient {
	readonly #browserId = randomUUID();
	#cookie = '';

	/** @param baseUrl address of the n8n, such as `http://127.0.0.1:5678` */
	constructor(readonly baseUrl: string) {}

	/** Signs in; on a fresh n8n the account is made first. */
	async signIn(owner: N8nOwner = defaultOwner): Promise<void> {
		try {
			await this.#logIn(owner);
		} catch (error) {
			if (!(error instanceof N8nApiError && error.status === 401)) throw error;
			// Only a fresh n8n takes this. The settings, which say whether it is one, are a part of the editor.
			await this.request('POST', '/rest/owner/setup', owner);
			await this.#logIn(owner);
		}
	}

	async #logIn({ email, password }: N8nOwner): Promise<void> {
		// n8n 1 of an older date asks for "email"
		await this.request('POST', '/rest/login', { emailOrLdapLoginId: email, email, password });
	}

	/** Names of the node types that n8n has loaded, such as `n8n-nodes-base.webhook`. */
	async nodeTypes(prefix = ''): Promise<string[]> {
		// n8n rewrites this file after an installation; meanwhile it answers with something else
		for (let attempt = 1; ; attempt++) {
			const types = nodeTypesSchema.safeParse(await this.request('GET', '/types/nodes.json').catch(() => undefined));
			if (types.success) return types.data.map(({ name }) => name).filter((name) => name.startsWith(prefix));
			if (attempt === 50) throw new Error('n8n does not answer with its node types.');
			await sleep(pollMs);
		}
	}

	/** Settings > Community nodes > Install. */
	async installCommunityPackage(name: string, version: string): Promise<InstalledCommunityPackage> {
		return communityPackageSchema.parse(await this.request('POST', '/rest/community-packages', { name, version }));
	}

	/** Settings > Community nodes > Update. */
	async updateCommunityPackage(name: string, version: string): Promise<InstalledCommunityPackage> {
		return communityPackageSchema.parse(await this.request('PATCH', '/rest/community-packages', { name, version }));
	}

	async uninstallCommunityPackage(name: string): Promise<void> {
		await this.request('DELETE', `/rest/community-packages?name=${encodeURIComponent(name)}`);
	}

	async communityPackages(): Promise<InstalledCommunityPackage[]> {
		return z.array(communityPackageSchema).parse(await this.request('GET', '/rest/community-packages'));
	}

	async createCredential(name: string, type: string, data: Record<string, unknown>): Promise<StoredCredential> {
		return credentialSchema.parse(await this.request('POST', '/rest/credentials', { name, type, data }));
	}

	/** Saves the credential dialog with other values. */
	async editCredential(credential: StoredCredential, data: Record<string, unknown>): Promise<StoredCredential> {
		const { id, name, type } = credential;
		return credentialSchema.parse(await this.request('PATCH', `/rest/credentials/${id}`, { name, type, data }));
	}

	/** The credential dialog's test, with the values as a person has typed them. */
	async testCredential(credential: StoredCredential, data: Record<string, unknown>): Promise<CredentialTestResult> {
		const credentials = { ...credential, data };
		return credentialTestSchema.parse(await this.request('POST', '/rest/credentials/test', { credentials }));
	}

	async deleteCredential(credential: StoredCredential): Promise<void> {
		await this.request('DELETE', `/rest/credentials/${credential.id}`);
	}

	/** Import from file. The workflow is not active yet. */
	async createWorkflow(workflow: WorkflowDefinition): Promise<StoredWorkflow> {
		// n8n 1 refuses a workflow that does not say whether it is active
		const { active: _active, id: _id, ...definition } = workflow;
		return workflowSchema.parse(await this.request('POST', '/rest/workflows', { ...definition, active: false }));
	}

	/** "Publish" in n8n 2, "Active" in n8n 1: from now on its webhooks and triggers are served. */
	async activateWorkflow(workflow: StoredWorkflow): Promise<StoredWorkflow> {
		const { id, versionId } = workflow;
		return workflowSchema.parse(await this.request('POST', `/rest/workflows/${id}/activate`, { versionId }));
	}

	async deactivateWorkflow(workflow: StoredWorkflow): Promise<StoredWorkflow> {
		return workflowSchema.parse(await this.request('POST', `/rest/workflows/${workflow.id}/deactivate`, {}));
	}

	/** Deletes a workflow, active or not. */
	async deleteWorkflow(workflow: StoredWorkflow): Promise<void> {
		await this.deactivateWorkflow(workflow);
		await this.request('POST', `/rest/workflows/${workflow.id}/archive`, {});
		await this.request('DELETE', `/rest/workflows/${workflow.id}`);
	}

	/**
	 * The button "Execute workflow".
	 *
	 * @param startNode name of the trigger node to start from
	 * @returns id of the execution, which is still running
	 */
	async runWorkflow(workflow: StoredWorkflow, startNode: string): Promise<string> {
		const path = `/rest/workflows/${workflow.id}`;
		const workflowData = await this.request('GET', path); // n8n 1 runs what it is sent, n8n 2 what it has stored
		const triggerToStartFrom = { name: startNode };
		const answer = await this.request('POST', `${path}/run`, { workflowData, triggerToStartFrom });
		return z.object({ executionId: z.string() }).parse(answer).executionId;
	}

	/**
	 * The executions of a workflow, newest first.
	 *
	 * @param limit how many at most
	 */
	async executions(workflow: StoredWorkflow, limit = 100): Promise<ExecutionSummary[]> {
		const filter = encodeURIComponent(JSON.stringify({ workflowId: workflow.id }));
		const answer = await this.request('GET', `/rest/executions?limit=${limit}&filter=${filter}`);
		const { results } = z.object({ results: z.array(executionSummarySchema) }).parse(answer);
		// n8n asks for those that run and for those that have ended one after the other: one that ends meanwhile is in both.
		return [...new Map(results.map((execution) => [execution.id, execution])).values()];
	}

	async execution(executionId: string): Promise<Execution> {
		return executionSchema.parse(await this.request('GET', `/rest/executions/${executionId}`));
	}

	/** Waits until an execution has ended, well or badly, and its data can be read. */
	async waitForExecution(executionId: string, { timeoutMs = 30_000 }: WaitOptions = {}): Promise<EndedExecution> {
		const deadline = Date.now() + timeoutMs;
		for (;;) {
			const execution = await this.execution(executionId);
			if (hasEnded(execution)) return execution;
			if (Date.now() > deadline) {
				throw new Error(`Execution ${executionId} has not ended after ${timeoutMs} ms (${execution.status}).`);
			}
			await sleep(pollMs);
		}
	}

	/** The button "Stop" of a running execution. */
	async stopExecution(executionId: string): Promise<void> {
		await this.request('POST', `/rest/executions/${executionId}/stop`, {});
	}

	/** Any other call. Returns what n8n answers, without the envelope `{data: ...}`. */
	async request(method: string, path: string, body?: unknown): Promise<unknown> {
		for (const giveUpAt = Date.now() + databasePatienceMs; ; await sleep(pollMs)) {
			try {
				return await this.#requestOnce(method, path, body);
			} catch (error) {
				// On a busy machine n8n loses sight of its database for a moment, and does nothing that it is asked for then.
				const isBusy =
					error instanceof N8nApiError && error.status === 503 && /database is not ready/i.test(error.reason);
				if (!isBusy || Date.now() > giveUpAt) throw error;
			}
		}
	}

	async #requestOnce(method: string, path: string, body: unknown): Promise<unknown> {
		const response = await fetch(this.baseUrl + path, {
			method,
			headers: {
				accept: 'application/json',
				// n8n closes connections that rest; one that it closes just now must not be used.
				connection: 'close',
				'browser-id': this.#browserId,
				'push-ref': this.#browserId,
				...(this.#cookie && { cookie: this.#cookie }),
				...(body !== undefined && { 'content-type': 'application/json' }),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		const session = response.headers.getSetCookie().find((cookie) => cookie.startsWith('n8n-auth='));
		if (session) this.#cookie = session.split(';', 1)[0] ?? '';

		const text = await response.text();
		const answer = parseJson(text);
		if (!response.ok) throw new N8nApiError(method, path, response.status, reasonOf(answer, text));
		const envelope = z.object({ data: z.unknown() }).safeParse(answer);
		return envelope.success && envelope.data.data !== undefined ? envelope.data.data : answer;
	}
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

function reasonOf(answer: unknown, text: string): string {
	const said = z.object({ message: z.string() }).safeParse(answer);
	return said.success ? said.data.message : text.slice(0, 300);
}
