import type { Backend, BackendMessages, Management, PreparedStart } from '../backend';
import { unlimitedBudget, type RateBudget } from '../budget/rateBudget';
import type { CallContext } from '../call/attempts';
import type { HeardMessage } from '../streams/heardMessage';
import type { MessageStreams } from '../streams/messageStreams';
import type { Clock } from '../time/clock';
import type { FileTransport } from '../transport/http';
import { checkInput } from '../validation/fields';
import { joinChunks } from './chunks';
import { cognigyAiAccount, type CognigyAiConfig } from './config';
import { listConversations } from './conversations';
import { parseEndpointReference, parseEndpointUrl, type EndpointUrl } from './endpointAddress';
import { EndpointApi } from './endpointApi';
import { injectContext, injectionBody } from './injectContext';
import { KnownEndpoints } from './knownEndpoints';
import {
	createProfileSchema,
	deleteProfileSchema,
	followSchema,
	getProfileSchema,
	getTranscriptSchema,
	injectContextSchema,
	listConversationsSchema,
	resetSessionSchema,
	streamMessagesSchema,
	triggerFlowSchema,
	updateProfileSchema,
	validateVersionSchema,
	type CognigyAiInputs,
} from './inputs';
import { listEndpoints, listSnapshots, ProjectLists } from './lists';
import { ManagementApi } from './managementApi';
import { PickedEndpoints } from './pickedEndpoints';
import { pickedStart } from './pickedStart';
import { eventsApart } from './plainFields';
import { getProfile } from './profiles';
import { createProfile, creationBody, deleteProfile, updateProfile } from './profileWrites';
import { FileDownloads } from './release/downloads';
import { releaseOperations, type ReleaseOperations } from './release/operations';
import { resetSession, type CheckedReset } from './resetSession';
import { checkApiKey } from './signIn';
import { PushedSessions } from './socket/pushedMessages';
import type { LinkedSession } from './socket/sessionLink';
import { SessionLinks } from './socket/sessionLinks';
import { SocketTurns } from './socket/socketTurn';
import type { SocketTransport } from './socket/transport';
import { checkedMessage, checkedTurn, plannedStart, triggerFlow, type CheckedTurn } from './triggerFlow';
import { getTranscript } from './transcript';
import { Turns } from './turns';
import { validateVersion } from './validateVersion';
import { readWebhookEndpoint, setWebhookUrl } from './webhookEndpoint';

export interface CognigyAiDependencies {
	transport: FileTransport;
	sockets: SocketTransport;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	/** How many requests may be sent; no limit by default. Sockets are not counted. */
	budget?: RateBudget;
	/** The sockets of all who use the same endpoints; by default this backend has its own. */
	shared?: {
		links: Pick<SessionLinks, 'use'>;
		pushed: Pick<PushedSessions, 'source' | 'note'>;
	};
}

/**
 * The Cognigy.AI platform: the management API with an API key, and endpoints. In results, audits and the registry,
 * `botId` is the project and `flowId` a name of the endpoint that does not tell its token, but in `validateVersion`,
 * where it is the flow's referenceId.
 */
export class CognigyAiBackend implements Backend<CognigyAiInputs> {
	readonly account: string;
	readonly messages: BackendMessages;
	readonly #config: CognigyAiConfig;
	readonly #transport: FileTransport;
	readonly #clock: Clock;
	readonly #random: () => number;
	readonly #budget: RateBudget;
	readonly #api: ManagementApi;
	readonly #lists: ProjectLists;
	readonly #endpoints: EndpointApi;
	readonly #known = new KnownEndpoints();
	/** Of changes to profiles. */
	readonly #profileTurns = new Turns();
	readonly #picked: PickedEndpoints;
	/** Only those that nobody else uses. */
	readonly #ownLinks: SessionLinks;
	readonly #turns: SocketTurns;
	readonly #pushed: Pick<PushedSessions, 'source' | 'note'>;

	constructor(config: CognigyAiConfig, dependencies: CognigyAiDependencies) {
		const { transport, sockets, clock, random, budget = unlimitedBudget, shared } = dependencies;
		this.account = cognigyAiAccount(config);
		this.#config = config;
		this.#transport = transport;
		this.#clock = clock;
		this.#random = random;
		this.#budget = budget;
		const calls = { config, transport, clock, random, budget };
		this.#api = new ManagementApi(calls);
		this.#lists = new ProjectLists(this.#api);
		this.#endpoints = new EndpointApi(calls);
		const release = { ...this.#project, files: new FileDownloads(calls), clock, random, secrets: [config.apiKey] };
		this.releases = releaseOperations(release, config.allowInsecure);
		this.#picked = new PickedEndpoints({ ...calls, api: this.#api, lists: this.#lists });
		const ownLinks = new SessionLinks({ sockets, clock, secrets: [config.apiKey] });
		this.#ownLinks = ownLinks;
		const links = shared?.links ?? ownLinks;
		const isSharedWithOthers = this.#isSharedWithOthers;
		this.#turns = new SocketTurns({ links, endpoints: this.#endpoints, clock, random, isSharedWithOthers });
		this.#pushed = shared?.pushed ?? new PushedSessions(links, clock);
		this.messages = {
			source: ({ flowId, sessionId, userId = '', testMode = false }) => {
				return this.#pushed.source({ address: this.#known.get(flowId), sessionId, userId, testMode });
			},
			join: joinChunks,
			eventsApart,
			// Whoever knows an endpoint may follow its sessions: they are its own, and not those of a credential.
			nameOf: ({ flowId, sessionId }) => {
				const { base, token } = this.#known.get(flowId);
				return JSON.stringify(['endpoint', base, token, sessionId]);
			},
		};
	}

	readonly validateVersion: Backend<CognigyAiInputs>['validateVersion'] = {
		audited: ({ expectedChannel, deployment }) => ({
			subject: { botId: this.#config.projectId },
			input: { expectedChannel, deployment },
		}),
		prepare: (input) => {
			const { endpoint, ...question } = checkInput(validateVersionSchema, input);
			const checked = { ...question, endpoint: parseEndpointReference(endpoint, this.#config.allowInsecure) };
			return async (context) => await validateVersion(this.#project, checked, context);
		},
	};

	readonly triggerFlow: Backend<CognigyAiInputs>['triggerFlow'] = {
		audited: ({ endpoint, userId, text = '', data = {} }, sessionId) => {
			const flowId = endpoint === undefined ? '' : this.#nameOf(endpoint);
			const subject = { botId: this.#config.projectId, ...(flowId ? { flowId } : {}), sessionId, userId };
			return { subject, input: text, context: data };
		},
		prepare: (input, newId) => {
			const request = checkInput(triggerFlowSchema, input);
			const { endpoint = '', endpointId: picked, sessionId } = request;
			const prepare = (turn: CheckedTurn) => this.#preparedStart(turn, sessionId);
			if (picked === undefined) {
				const url = this.#address(endpoint);
				const prepared = prepare(checkedTurn(checkedMessage(request, sessionId ?? newId), url));
				return async () => await Promise.resolve(prepared);
			}
			const endpoints = this.#picked;
			endpoints.check();
			const message = checkedMessage(request, sessionId ?? newId);
			return async (context) => await pickedStart({ message, picked, endpoints, prepare }, context);
		},
	};

	readonly resetSession: Backend<CognigyAiInputs>['resetSession'] = {
		audited: ({ sessionId, userId, resetMode, newSessionId, verify }) => ({
			subject: { botId: this.#config.projectId, sessionId, ...(userId ? { userId } : {}) },
			input: { resetMode, newSessionId, verify },
		}),
		prepare: (input) => {
			const checked = this.#checkedReset(input);
			return async (context) => await resetSession(this.#project, checked, context);
		},
	};

	readonly getTranscript: Required<Backend<CognigyAiInputs>>['getTranscript'] = {
		audited: ({ sessionId, waitSeconds, failIfEmpty }) => ({
			subject: { botId: this.#config.projectId, sessionId },
			input: { waitSeconds, failIfEmpty },
		}),
		prepare: (input) => {
			const request = checkInput(getTranscriptSchema, input);
			const deps = { ...this.#project, clock: this.#clock, random: this.#random };
			return async (context) => await getTranscript(deps, request, context);
		},
	};

	readonly listConversations: Required<Backend<CognigyAiInputs>>['listConversations'] = {
		audited: ({ contactId, limit }) => ({
			subject: { botId: this.#config.projectId, ...(contactId ? { userId: contactId } : {}) },
			input: { limit },
		}),
		prepare: (input) => {
			const request = checkInput(listConversationsSchema, input);
			return async (context) => await listConversations(this.#project, request, context);
		},
	};

	readonly getProfile: Required<Backend<CognigyAiInputs>>['getProfile'] = {
		audited: ({ profileId, contactId }) => ({
			subject: { botId: this.#config.projectId, ...(contactId ? { userId: contactId } : {}) },
			input: { profileId, contactId },
		}),
		prepare: (input) => {
			const request = checkInput(getProfileSchema, input);
			return async (context) => await getProfile(this.#project, request, context);
		},
	};

	readonly createProfile: Required<Backend<CognigyAiInputs>>['createProfile'] = {
		audited: ({ contactIds, profile, active }) => ({
			subject: { botId: this.#config.projectId, ...(contactIds[0] ? { userId: contactIds[0] } : {}) },
			input: { contactIds, profile, active },
		}),
		prepare: (input) => {
			const request = checkInput(createProfileSchema, input);
			const body = creationBody(this.#config.projectId, request);
			return async (context) => await createProfile(this.#profileWrites, { request, body }, context);
		},
	};

	readonly updateProfile: Required<Backend<CognigyAiInputs>>['updateProfile'] = {
		audited: ({ contactId, ...what }) => ({
			subject: { botId: this.#config.projectId, ...(contactId ? { userId: contactId } : {}) },
			input: { ...(contactId ? { contactId } : {}), ...what },
		}),
		prepare: (input) => {
			const request = checkInput(updateProfileSchema, input);
			return async (context) => await updateProfile(this.#profileWrites, request, context);
		},
	};

	readonly deleteProfile: Required<Backend<CognigyAiInputs>>['deleteProfile'] = {
		audited: ({ profileId, contactId }) => ({
			subject: { botId: this.#config.projectId, ...(contactId ? { userId: contactId } : {}) },
			input: { profileId, contactId },
		}),
		prepare: (input) => {
			const request = checkInput(deleteProfileSchema, input);
			return async (context) => await deleteProfile(this.#project, request, context);
		},
	};

	readonly injectContext: Required<Backend<CognigyAiInputs>>['injectContext'] = {
		audited: ({ sessionId, userId, context }) => ({
			subject: { botId: this.#config.projectId, sessionId, ...(userId ? { userId } : {}) },
			input: { context },
		}),
		prepare: (input) => {
			const request = checkInput(injectContextSchema, input);
			const { sessionId } = request;
			const body = injectionBody(request);
			return async (context) => await injectContext(this.#api, { sessionId, body }, context);
		},
	};

	readonly releases: ReleaseOperations<CognigyAiInputs>;

	readonly management: Management = {
		listEndpoints: async (query, context) => {
			return await listEndpoints(this.#lists, this.#config.projectId, query, context);
		},
		listSnapshots: async (query, context) => {
			return await listSnapshots(this.#lists, this.#config.projectId, query, context);
		},
		readEndpoint: async (endpointId, context) => await readWebhookEndpoint(this.#project, endpointId, context),
		setWebhookUrl: async (change, context) => await setWebhookUrl(this.#api, change, context),
	};

	checkStream(input: unknown): ReturnType<Backend<CognigyAiInputs>['checkStream']> {
		const { endpoint, testMode, streamedAnswers, ...session } = checkInput(streamMessagesSchema, input);
		const { name, isTest } = this.#address(endpoint);
		const place = { botId: this.#config.projectId, flowId: name, testMode: testMode || isTest };
		return { stream: { ...session, ...place }, streamedAnswers };
	}

	checkFollow(input: unknown): ReturnType<Backend<CognigyAiInputs>['checkFollow']> {
		const { endpoint, userId, testMode, ...what } = checkInput(followSchema, input);
		const { name, isTest } = this.#address(endpoint);
		const place = { botId: this.#config.projectId, flowId: name, testMode: testMode || isTest };
		return { ...what, ...place, ...(userId ? { userId } : {}) };
	}

	async signIn(context: CallContext): Promise<void> {
		await checkApiKey(this.#api, context);
	}

	close(): void {
		this.#ownLinks.close();
		this.#transport.close();
		this.#budget.close();
	}

	/** @param givenId of the session, unless one was made for it */
	#preparedStart(turn: CheckedTurn, givenId: string | undefined): PreparedStart {
		this.#known.add(turn.address);
		return {
			plan: plannedStart(turn, this.#config.projectId, givenId),
			send: async (context, { streams, onWarning, createdAt }) => {
				const dependencies = {
					endpoints: this.#endpoints,
					sockets: this.#turns,
					deployments: this.#project,
					clock: this.#clock,
					createdAt,
					note: (session: LinkedSession, message: HeardMessage, isForAll: boolean) => {
						return this.#note(streams, session, message, isForAll);
					},
					onWarning,
				};
				return { result: await triggerFlow(dependencies, turn, context) };
			},
		};
	}

	get #project() {
		return { api: this.#api, lists: this.#lists, projectId: this.#config.projectId };
	}

	get #profileWrites() {
		return { ...this.#project, turns: this.#profileTurns };
	}

	/** Whether streams of a session may run in other processes. */
	get #isSharedWithOthers(): boolean {
		return this.#config.stateStore === 'redis';
	}

	/** What is said in a turn, for streams that begin later. */
	#note(
		streams: MessageStreams,
		linked: LinkedSession,
		message: HeardMessage,
		isForAll: boolean,
	): Promise<void> | undefined {
		const { address, ...session } = linked;
		const place = { botId: this.#config.projectId, flowId: address.name, ...session };
		streams.note(place, [message]);
		// Shared with others, what nobody waits for comes again, and would come twice.
		if (!this.#isSharedWithOthers) this.#pushed.note(linked, message);
		return isForAll ? streams.noteForAll(place, [message]) : undefined;
	}

	#checkedReset(input: unknown): CheckedReset {
		const { endpoint, ...request } = checkInput(resetSessionSchema, input);
		if (request.resetMode === 'state') return request;
		return { ...request, endpoint: parseEndpointReference(endpoint, this.#config.allowInsecure) };
	}

	/** @throws {CognigyError} `invalidInput` */
	#address(endpoint: string): EndpointUrl {
		const url = parseEndpointUrl(endpoint, this.#config.allowInsecure);
		this.#known.add(url);
		return url;
	}

	/** Name of an endpoint for audits; empty while nobody knows whether its URL is one. */
	#nameOf(endpoint: string): string {
		try {
			return this.#address(endpoint).name;
		} catch {
			return '';
		}
	}
}
