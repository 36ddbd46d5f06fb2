import type { IDataObject, IHookFunctions, INodeProperties } from 'n8n-workflow';

import type { CallOptions, CognigyClient, EndpointDetails } from '../../client';
import { channelName } from '../shared/channels';
import { loadClient, type ClientModule } from '../shared/loadClient';
import { asCognigyError, toNodeError } from '../shared/nodeError';
import { openClient } from '../shared/openClient';
import { ReplacedUrls } from './replacedUrls';
import { readStoredUrls, storeUrls, type OldUrl, type StoredUrl } from './storedUrl';

/** Somebody waits for the workflow to be published, or n8n to start or to end. */
const OPTIONS: CallOptions = { timeoutSeconds: 30, retries: 2, auditInput: 'none' };

/** Activations at which nobody waits for an answer, and the service may not be there yet. */
const UNWATCHED = ['init', 'leadershipChange'];

/** What is to be set where, as the parameters say. */
interface Wanted {
	endpointId: string;
	url: string;
}

/**
 * The webhook URL of an endpoint in Cognigy.AI, in the hands of one node: set when the workflow is published or tested,
 * put back afterwards. A stop of n8n puts nothing back. The rules:
 *
 * - What is set is stored with the workflow, and remembered in this process: n8n saves what is stored only after all
 *   webhooks of the workflow are registered, and takes them away with what was saved before when one of them fails.
 * - The old URL is that which somebody else set: the test URL and the production URL of this node stand for what they
 *   replaced. Where a crash left our URL, and nobody knows the old one, ours is left as it is when it is out of use.
 * - The URL of another Cognigy Webhook Trigger of this n8n is not replaced: who of the two came first would be lost.
 * - While a person watches, any other URL is replaced, and what goes wrong is thrown. When n8n starts, what somebody set
 *   after us stays, and nothing is thrown: n8n would no longer take calls, which need nothing of Cognigy.
 * - A URL is put back only where ours still is. What could not be put back is tried again each time the workflow is
 *   published, unpublished or started; an endpoint that is gone is forgotten.
 */
export class WebhookUrl {
	readonly #staticData: IDataObject;
	readonly #replaced: ReplacedUrls;

	private constructor(
		private readonly context: IHookFunctions,
		private readonly properties: INodeProperties[],
		private readonly module: ClientModule,
	) {
		this.#staticData = context.getWorkflowStaticData('node');
		this.#replaced = new ReplacedUrls(module.edition.host.processWide('replaced-urls/1', () => new Map()));
	}

	static async of(context: IHookFunctions, properties: INodeProperties[]): Promise<WebhookUrl> {
		return new WebhookUrl(context, properties, await loadClient());
	}

	/** Does nothing where all is as it should be. @throws {NodeApiError | NodeOperationError} while a person watches */
	async set(): Promise<void> {
		try {
			const wanted = this.#wanted();
			const stored = readStoredUrls(this.#staticData);
			const known = stored.find(({ endpointId }) => endpointId === wanted?.endpointId);
			const left = await this.#putBackAll(stored.filter((one) => one !== known));
			storeUrls(this.#staticData, known ? [known, ...left] : left);
			if (wanted) storeUrls(this.#staticData, [await this.#setWanted(wanted, known), ...left]);
		} catch (error) {
			const known = asCognigyError(error, this.module);
			const nodeError = toNodeError(this.context.getNode(), this.properties, known);
			if (!this.#isUnwatched) throw nodeError;
			this.#warn(`it may not be set. ${nodeError.message}. The workflow goes on taking calls. ${known.advice}`);
		}
	}

	/** Never fails, or n8n would go on taking calls: what could not be put back is kept for the next time, and logged. */
	async putBack(): Promise<boolean> {
		const stored = readStoredUrls(this.#staticData);
		const left = await this.#putBackAll([...stored, ...this.#notStored(stored)]);
		storeUrls(this.#staticData, left);
		return left.length === 0;
	}

	/** @returns those that are still to be put back */
	async #putBackAll(all: StoredUrl[]): Promise<StoredUrl[]> {
		const left: StoredUrl[] = [];
		for (const stored of all) if (!(await this.#putBackOne(stored))) left.push(stored);
		return left;
	}

	/** @returns whether there is nothing left to do */
	async #putBackOne(stored: StoredUrl): Promise<boolean> {
		const { endpointId, url } = stored;
		const before = this.#replaced.get(endpointId, url) ?? stored.oldUrl;
		const oldUrl = before !== null && this.module.isMasked(before) ? null : before;
		// Old URLs may hold a secret, so no warning shows them.
		const failed = `the old one could not be put back into endpoint "${endpointId}"`;
		if (oldUrl === null) {
			this.#warn(`${failed}, as it is not known. If the endpoint still calls this n8n, set another one by hand`);
		} else {
			try {
				const client = await this.#openClient();
				// Whoever set another one since then knows why.
				await client.setWebhookUrl({ endpointId, url: oldUrl, instead: url }, OPTIONS);
			} catch (error) {
				const { message, category } = asCognigyError(error, this.module);
				const isGone = category === 'notFound';
				this.#warn(
					isGone
						? `${failed}, and is forgotten. ${message}. If the endpoint is in another Cognigy.AI, set it by hand`
						: `${failed}. ${message}. Publish and unpublish the workflow once more, or set it by hand`,
				);
				if (!isGone) return false;
			}
		}
		this.#replaced.remove(endpointId, url, oldUrl);
		return true;
	}

	/** What this process set for an activation that failed afterwards. */
	#notStored(stored: StoredUrl[]): StoredUrl[] {
		const wanted = this.#wantedIfAny();
		const isWanted = ({ endpointId, url }: Wanted) => endpointId === wanted?.endpointId && url === wanted.url;
		if (!wanted || stored.some(isWanted)) return [];
		const oldUrl = this.#replaced.get(wanted.endpointId, wanted.url);
		return oldUrl === undefined ? [] : [{ ...wanted, oldUrl, botId: '', flowId: '' }];
	}

	/** @throws {CognigyError} */
	async #setWanted(wanted: Wanted, known: StoredUrl | undefined): Promise<StoredUrl> {
		const { endpointId, url } = wanted;
		const client = await this.#openClient();
		await this.#checkReachable(url);
		const endpoint = await client.readEndpoint(endpointId, OPTIONS);
		this.#checkEndpoint(endpoint);
		const oldUrl = this.#oldUrl(endpoint, wanted, known);
		this.#replaced.put(endpointId, url, oldUrl);
		if (endpoint.webhookUrl !== url) await client.setWebhookUrl({ endpointId, url }, OPTIONS);
		const { botId, flowId } = endpoint;
		return { endpointId, url, oldUrl, botId, flowId };
	}

	/** What is to be put back one day. @throws {CognigyError} `invalidInput` for a URL that is not to be replaced */
	#oldUrl(
		{ name, webhookUrl: current }: EndpointDetails,
		{ endpointId, url }: Wanted,
		known: StoredUrl | undefined,
	): OldUrl {
		const isTest = this.context.getMode() === 'manual';
		if (this.module.isMasked(current)) {
			// What is hidden cannot be put back; but what is hidden may be ours.
			if (!known || !this.module.canBe(current, known.url)) return null;
			return isTest && known.url !== url ? known.url : known.oldUrl;
		}
		const isOurs = current === known?.url || isOfSameNode(current, url);
		if (isOurs && isTest && current !== url) return current;
		if (isOurs) return known?.oldUrl ?? this.#replaced.get(endpointId, current) ?? null;
		if (isOfSameKind(current, url)) {
			throw this.module.invalidInput(
				'endpoint',
				`"${name}" already calls another Cognigy Webhook Trigger of this n8n`,
				'Unpublish that workflow or end its test first; if it is unpublished, publish and unpublish it once more. If it is gone, clear the webhook URL of the endpoint in Cognigy.AI.',
			);
		}
		if (this.#isUnwatched && known && current !== known.oldUrl) {
			throw this.module.invalidInput(
				'endpoint',
				`"${name}" has another webhook URL by now`,
				'Unpublish and publish the workflow to set it again.',
			);
		}
		return current;
	}

	get #isUnwatched(): boolean {
		return UNWATCHED.includes(this.context.getActivationMode());
	}

	/** @throws {CognigyError} `invalidInput` for an endpoint whose calls cannot arrive */
	#checkEndpoint({ name, channel, isActive, basicAuthUser }: EndpointDetails): void {
		if (channel !== 'webhook') {
			throw this.module.invalidInput(
				'endpoint',
				`"${name}" is a ${channelName(channel)} endpoint, not a Webhook endpoint`,
				'Pick a Webhook endpoint.',
			);
		}
		const asksForUser = /^basic/.test(String(this.context.getNodeParameter('incomingAuthentication', 'basicAuth')));
		if (asksForUser && basicAuthUser === '') {
			throw this.module.invalidInput(
				'endpoint',
				`"${name}" has no user and password for its calls, but Incoming Authentication asks for them`,
				'Put the same user and password into the settings of the endpoint in Cognigy.AI, or choose another Incoming Authentication.',
			);
		}
		if (!isActive) this.#warn(`endpoint "${name}" is not active, so nothing will come`);
	}

	/**
	 * Only a Cognigy.AI on this machine reaches what is on this machine; n8n calls itself so as long as nobody tells it better.
	 * @throws {CognigyError} `invalidInput`
	 */
	async #checkReachable(url: string): Promise<void> {
		if (!this.#isOnThisMachine(url)) return;
		const { apiBaseUrl } = await this.context.getCredentials('cognigyAiApi');
		if (this.#isOnThisMachine(String(apiBaseUrl ?? '').trim())) return;
		throw this.module.invalidInput(
			'setWebhookUrl',
			`cannot work: n8n calls its own address ${new URL(url).origin}, and Cognigy.AI does not reach that`,
			'Set the environment variable WEBHOOK_URL of n8n to the address at which Cognigy.AI reaches it, https://n8n.example.com/ for example, and restart n8n. Nothing was changed in Cognigy.AI.',
		);
	}

	#isOnThisMachine(url: string): boolean {
		if (!URL.canParse(url)) return false;
		const { hostname } = new URL(url);
		return this.module.isLoopback(hostname) || hostname === '0.0.0.0' || hostname === '[::]';
	}

	/** Undefined: the parameters ask for nothing. @throws {CognigyError} `invalidInput` */
	#wanted(): Wanted | undefined {
		if (this.context.getNodeParameter('setWebhookUrl', false) !== true) return undefined;
		const endpoint: unknown = this.context.getNodeParameter('endpoint', '', { extractValue: true });
		const url = this.context.getNodeWebhookUrl('default');
		if (!url)
			throw this.module.invalidInput('', 'n8n gave this node no webhook URL', 'Remove the node and add it anew.');
		return { endpointId: String(endpoint ?? '').trim(), url };
	}

	#wantedIfAny(): Wanted | undefined {
		try {
			return this.#wanted();
		} catch {
			return undefined;
		}
	}

	/** @throws {CognigyError} `invalidInput`, naming the field of the credential */
	async #openClient(): Promise<CognigyClient> {
		return await openClient(this.context, this.module, 'cognigyAiApi');
	}

	#warn(message: string): void {
		const { id: workflowId } = this.context.getWorkflow();
		const origin = { workflowId: workflowId ?? '', nodeName: this.context.getNode().name };
		this.context.logger.warn(`Cognigy Webhook Trigger, webhook URL in Cognigy.AI: ${message}`, origin);
	}
}

/** The test URL and the production URL of a node have the same end. */
function isOfSameNode(one: string, other: string): boolean {
	const [a, b] = [partsOf(one), partsOf(other)];
	return isOfSameKind(one, other) && a?.id === b?.id;
}

/** URLs of this node type in one n8n differ in "webhook" or "webhook-test" and in the id of the node only. */
function isOfSameKind(one: string, other: string): boolean {
	const [a, b] = [partsOf(one), partsOf(other)];
	return a !== undefined && b !== undefined && a.base === b.base && a.path === b.path;
}

/** `https://n8n.example.com/n8n/webhook/<id>/cognigy`: what is before "webhook", the id, and the end. */
function partsOf(url: string): { base: string; id: string; path: string } | undefined {
	if (!URL.canParse(url)) return undefined;
	const { origin, pathname } = new URL(url);
	const [path = '', id = '', , ...base] = pathname.split('/').reverse();
	return { base: [origin, ...base.reverse()].join('/'), id, path };
}
