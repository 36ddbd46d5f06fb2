import type { Channel, SessionAddress } from './contract';
import type { ScriptedOutput } from './flows';
import { deploymentName, type Endpoint, type WebhookSettings } from './resources';
import type { Transformed } from './serve';
import type { Service } from './service';
import { outletOf } from './sessions/outletOf';
import type { CognigyAiSession } from './sessions/sessions';
import type { SocketServer } from './sockets/socketServer';

/** What there is to know of an endpoint. */
export interface EndpointInfo {
	id: string;
	name: string;
	/** The name of its project. */
	project: string;
	channel: Channel;
	active: boolean;
	/** Its project or snapshot. */
	entrypoint: string;
	/** The name of that snapshot, or `live project`. */
	deployment: string;
	flowReferenceId: string;
	urlToken: string;
	/** What messages are posted to, over HTTP; its last part is the token. */
	url: string;
	webhookUrl: string;
	/** What `X-Webhook-Key` may hold; null: it need not be sent. */
	webhookKeys: readonly string[] | null;
}

/** What can be changed of an endpoint from outside. */
export interface EndpointChange extends Partial<WebhookSettings> {
	active?: boolean;
	/** The name of a snapshot of the project "Demo", or `live project`. */
	deployment?: string;
	/** Null: none is asked for. */
	webhookKeys?: string[] | null;
	/** What it stores of what is said. */
	conversations?: 'stored' | 'masked' | 'off';
	/** `agent`: the API shows no flow, and a REST answer tells of an error with the status 200. */
	targetType?: 'flow' | 'agent';
	/** Its new token: nothing is known of the old one any more. */
	urlToken?: string;
	/** What its output transformer makes of the answers to REST messages; null: it has none. */
	transformer?: Transformed | null;
}

export class NoSuchThing extends Error {
	override readonly name = 'NoSuchThing';
}

/** The hands that a test, or a person, has in the sandbox. */
export class Controls {
	readonly projectId: string;

	readonly #service: Service;
	readonly #socketServer: SocketServer;
	readonly #endpointUrl: string;

	constructor(service: Service, socketServer: SocketServer, endpointUrl: string) {
		this.#service = service;
		this.#socketServer = socketServer;
		this.#endpointUrl = endpointUrl;
		this.projectId = named(service.resources.projects, 'Demo', 'project')._id;
	}

	endpoints(): EndpointInfo[] {
		return this.#service.resources.endpoints.map((endpoint) => this.#info(endpoint));
	}

	endpoint(name: string): EndpointInfo {
		return this.#info(named(this.#service.resources.endpoints, name, 'endpoint'));
	}

	snapshotId(name: string): string {
		return named(this.#ofDemo(this.#service.resources.snapshots), name, 'snapshot')._id;
	}

	snapshots(): string[] {
		return this.#ofDemo(this.#service.resources.snapshots).map(({ name }) => name);
	}

	flowReferenceId(name: string): string {
		return named(this.#ofDemo(this.#service.resources.flows), name, 'flow').referenceId;
	}

	session(sessionId: string, userId?: string): CognigyAiSession | undefined {
		const { sessions } = this.#service;
		if (userId !== undefined) return sessions.find({ userId, sessionId });
		return sessions.all().findLast((session) => session.sessionId === sessionId);
	}

	changeEndpoint(
		name: string,
		{ active, deployment, webhookKeys, conversations, targetType, transformer, urlToken, ...settings }: EndpointChange,
	): void {
		const endpoint = named(this.#service.resources.endpoints, name, 'endpoint');
		if (active !== undefined) endpoint.active = active;
		if (deployment !== undefined) endpoint.entrypoint = this.#entrypointOf(deployment);
		if (webhookKeys !== undefined) endpoint.webhookKeys = webhookKeys;
		if (conversations !== undefined) endpoint.conversations = conversations;
		if (targetType !== undefined) endpoint.targetType = targetType;
		if (urlToken !== undefined) endpoint.URLToken = urlToken;
		if (transformer !== undefined) endpoint.transformer = transformer;
		endpoint.settings = { ...endpoint.settings, ...settings };
		this.#service.changes.changed();
	}

	say(address: SessionAddress, output: ScriptedOutput): void {
		const { sessions, turns, resources } = this.#service;
		const session = sessions.find(address);
		if (!session) throw new NoSuchThing(`The sandbox has no session "${address.sessionId}" of this user.`);
		const endpoint = named(resources.endpoints, session.endpoint, 'endpoint');
		turns.say(session, output, { source: 'bot', outlet: outletOf(this.#service, endpoint, address) });
	}

	dropSockets(): number {
		return this.#socketServer.cutAll();
	}

	#entrypointOf(deployment: string): string {
		return deployment === 'live project' ? this.projectId : this.snapshotId(deployment);
	}

	#ofDemo<Resource extends { projectId: string }>(all: readonly Resource[]): Resource[] {
		return all.filter(({ projectId }) => projectId === this.projectId);
	}

	#info(endpoint: Endpoint): EndpointInfo {
		const { projects } = this.#service.resources;
		const { _id: id, name, channel, active, entrypoint, flowId, URLToken: urlToken, settings, webhookKeys } = endpoint;
		return {
			id,
			name,
			project: projects.find(({ _id }) => _id === endpoint.projectId)?.name ?? '',
			channel,
			active,
			entrypoint,
			deployment: deploymentName(this.#service.resources, entrypoint),
			flowReferenceId: flowId,
			urlToken,
			url: `${this.#endpointUrl}/${urlToken}`,
			webhookUrl: settings.webhookUrl,
			webhookKeys,
		};
	}
}

function named<Thing extends { name: string }>(all: readonly Thing[], name: string, kind: string): Thing {
	const thing = all.find((one) => one.name === name);
	if (!thing) throw new NoSuchThing(`The sandbox has no ${kind} "${name}".`);
	return thing;
}
