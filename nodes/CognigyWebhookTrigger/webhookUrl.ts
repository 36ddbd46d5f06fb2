import type { IDataObject, IHookFunctions, INodeProperties } from 'n8n-workflow';

import type { CallOptions, CognigyClient, CognigyError, EndpointDetails } from '../../client';
import { loadClient, type ClientModule } from '../shared/loadClient';
import { toNodeError } from '../shared/nodeError';
import { openClient } from '../shared/openClient';
import { ReplacedUrls } from './replacedUrls';
import { readStoredUrl, storeUrl, type StoredUrl } from './storedUrl';

const replaced = new ReplacedUrls();

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
 * put back afterwards.
 */
export class WebhookUrl {
	readonly #staticData: IDataObject;

	private constructor(
		private readonly context: IHookFunctions,
		private readonly properties: INodeProperties[],
		private readonly module: ClientModule,
	) {
		this.#staticData = context.getWorkflowStaticData('node');
	}

	static async of(context: IHookFunctions, properties: INodeProperties[]): Promise<WebhookUrl> {
		return new WebhookUrl(context, properties, await loadClient());
	}

	/** Whether there is nothing to do. */
	async isSet(): Promise<boolean> {
		const stored = readStoredUrl(this.#staticData);
		try {
			const wanted = this.#wanted();
			if (!wanted || !stored) return wanted === stored;
			if (stored.endpointId !== wanted.endpointId || stored.url !== wanted.url) return false;
			const client = await this.#openClient();
			const { webhookUrl, botId, flowId } = await client.readEndpoint(wanted.endpointId, OPTIONS);
			if (webhookUrl !== wanted.url) return false;
			// The credential may be another one by now.
			storeUrl(this.#staticData, { ...stored, botId, flowId });
			return true;
		} catch (error) {
			const known = this.#asCognigyError(error);
			// It is set, as far as is known; n8n might give up the trigger for good.
			if (!known.isTransient || !UNWATCHED.includes(this.context.getActivationMode())) throw this.#nodeError(known);
			this.#warn(`it could not be checked. ${known.message}`);
			return true;
		}
	}

	/** @throws {NodeApiError | NodeOperationError} */
	async set(): Promise<void> {
		try {
			const wanted = this.#wanted();
			const stored = readStoredUrl(this.#staticData);
			if (stored && stored.endpointId !== wanted?.endpointId) await this.putBack();
			if (wanted) await this.#setWanted(wanted, stored);
		} catch (error) {
			throw this.#nodeError(this.#asCognigyError(error));
		}
	}

	/** Never fails, or n8n would go on taking calls: what could not be put back is kept for the next time, and logged. */
	async putBack(): Promise<boolean> {
		const stored = readStoredUrl(this.#staticData);
		if (!stored) return true;
		const { endpointId, url } = stored;
		const oldUrl = replaced.get(endpointId, url) ?? stored.oldUrl;
		try {
			const client = await this.#openClient();
			// Whoever set another one since then knows why.
			await client.setWebhookUrl({ endpointId, url: oldUrl, instead: url }, OPTIONS);
		} catch (error) {
			const { message, category } = this.#asCognigyError(error);
			if (category !== 'notFound') {
				// The old URL may hold a secret.
				this.#warn(
					`the old one could not be put back. ${message}. Publish and unpublish the workflow once more, or set it by hand`,
				);
				return false;
			}
		}
		replaced.remove(endpointId, url, oldUrl);
		storeUrl(this.#staticData, undefined);
		return true;
	}

	async #setWanted(wanted: Wanted, stored: StoredUrl | undefined): Promise<void> {
		const { endpointId, url } = wanted;
		const client = await this.#openClient();
		const endpoint = await client.readEndpoint(endpointId, OPTIONS);
		this.#checkEndpoint(endpoint);
		const known = stored?.endpointId === endpointId ? stored : undefined;
		const oldUrl =
			endpoint.webhookUrl === url
				? (replaced.get(endpointId, url) ?? known?.oldUrl ?? '')
				: this.#original(endpoint.webhookUrl, wanted, known);
		replaced.put(endpointId, url, oldUrl);
		if (endpoint.webhookUrl !== url) await client.setWebhookUrl({ endpointId, url }, OPTIONS);
		const { botId, flowId } = endpoint;
		storeUrl(this.#staticData, { endpointId, url, oldUrl, botId, flowId });
	}

	/** What is to be put back one day: not a URL of this very node that is out of use by then. */
	#original(current: string, { endpointId, url }: Wanted, known: StoredUrl | undefined): string {
		if (current === known?.url) return known.oldUrl;
		const isTest = this.context.getMode() === 'manual';
		if (isTest || !isOfSameNode(current, url)) return current;
		return replaced.get(endpointId, current) ?? known?.oldUrl ?? '';
	}

	/** @throws {CognigyError} `invalidInput` for an endpoint whose calls cannot arrive */
	#checkEndpoint({ name, channel, isActive, basicAuthUser }: EndpointDetails): void {
		if (channel !== 'webhook') {
			throw this.module.invalidInput(
				'endpoint',
				`"${name}" is of the type "${channel}", not a Webhook endpoint`,
				'Pick a Webhook endpoint as endpoint.',
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

	/** Undefined: the parameters ask for nothing. @throws {CognigyError} `invalidInput` */
	#wanted(): Wanted | undefined {
		if (this.context.getNodeParameter('setWebhookUrl', false) !== true) return undefined;
		const endpoint: unknown = this.context.getNodeParameter('endpoint', '', { extractValue: true });
		const url = this.context.getNodeWebhookUrl('default');
		if (!url)
			throw this.module.invalidInput('', 'n8n gave this node no webhook URL', 'Remove the node and add it anew.');
		return { endpointId: String(endpoint ?? '').trim(), url };
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

	#asCognigyError(error: unknown): CognigyError {
		if (error instanceof this.module.CognigyError) return error;
		const message = error instanceof Error ? error.message : String(error);
		return this.module.invalidInput('', message, 'Check the parameters.');
	}

	#nodeError(error: CognigyError) {
		return toNodeError(this.context.getNode(), this.properties, error);
	}
}

/** The test URL and the production URL of a node have the same end. */
function isOfSameNode(one: string, other: string): boolean {
	if (!URL.canParse(one) || !URL.canParse(other)) return false;
	const [a, b] = [new URL(one), new URL(other)];
	const endOf = ({ pathname }: URL) => pathname.split('/').slice(-2).join('/');
	return a.origin === b.origin && endOf(a) === endOf(b);
}
