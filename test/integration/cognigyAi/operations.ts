import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiSandbox } from '../../../sandbox';
import { DEMO_WEBHOOK_KEY } from '../../../sandbox/cognigyAi/seed';
import { picked } from './support';

/** Something that an action node does, with the request in which it is to fail. */
export interface Operation {
	name: string;
	type:
		'cognigyValidateVersion' | 'cognigyTriggerFlow' | 'cognigyResetSession' | 'cognigyConversation' | 'cognigyRelease';
	/** What the sandbox calls that request. */
	call:
		| 'readEndpoint'
		| 'listSnapshots'
		| 'resetContext'
		| 'resetState'
		| 'readConversation'
		| 'listProfiles'
		| 'createProfile'
		| 'updateProfile'
		| 'deleteProfile'
		| 'injectContext'
		| 'listConversations'
		| 'createSnapshot'
		| 'updateEndpoint'
		| 'deleteSnapshot'
		| 'createPackage'
		| 'message'
		| 'inject'
		| 'notify';
	parameters: (sandbox: CognigyAiSandbox) => IDataObject;
	/** What an error says that failed; no part of it is a secret. */
	action: RegExp;
	/** How many at most run side by side when all items ask for the same. */
	atOnce?: number;
	/** What an error says when it may have arrived: of what must not be sent twice, and of a safe call that says so. */
	uncertain?: string;
	/** Whether it is sent again all the same. */
	isSafe?: true;
}

export const session = { userId: 'user-1', sessionId: 's-1' };

/** Parameters of Trigger Flow. */
export function messageTo(
	{ endpoint }: CognigyAiSandbox,
	channel: 'rest' | 'socketio' | 'webhook',
	more: IDataObject = {},
): IDataObject {
	const name = { rest: 'Showcase REST', socketio: 'Showcase Socket', webhook: 'Showcase Webhook' }[channel];
	const key = channel === 'webhook' ? { webhookKey: DEMO_WEBHOOK_KEY } : {};
	return { channel, endpoint: endpoint(name).url, ...key, ...session, input: 'turn', ...more };
}

/** Parameters of Reset Session. */
export function reset({ endpoint }: CognigyAiSandbox, resetMode: 'context' | 'state' | 'both'): IDataObject {
	return { ...session, resetMode, endpoint: picked('list', endpoint('Showcase REST').id) };
}

/** Whose profile is there before. */
export const knownContact = 'ada';
export const knownProfiles = [{ contactIds: [knownContact], profile: { age: 36 } }];

const mayHaveRun = 'The flow may have run, with session "s-1"; it was not sent again';

/** What is repeated after every passing fault (guarantee 2). */
export const safeOperations: Operation[] = [
	{
		name: 'Validate Version, the endpoint',
		type: 'cognigyValidateVersion',
		call: 'readEndpoint',
		parameters: ({ endpoint }) => ({ endpoint: picked('list', endpoint('Orders REST').id) }),
		action: /^Reading endpoint "[a-z0-9]{24}"/,
	},
	{
		name: 'Validate Version, the snapshots',
		type: 'cognigyValidateVersion',
		call: 'listSnapshots',
		parameters: ({ endpoint }) => ({ endpoint: picked('list', endpoint('Orders REST').id) }),
		action: /^Listing the snapshots of project "[a-z0-9]{24}"/,
	},
	{
		name: 'Trigger Flow, the check before',
		type: 'cognigyTriggerFlow',
		call: 'listSnapshots',
		parameters: (sandbox) => messageTo(sandbox, 'rest', { validateBefore: true, ...v11 }),
		action: /^Listing the snapshots of project "[a-z0-9]{24}"/,
	},
	{
		name: 'Reset Session, context',
		type: 'cognigyResetSession',
		call: 'resetContext',
		parameters: (sandbox) => reset(sandbox, 'context'),
		action: /^Resetting the context of session "s-1"/,
	},
	{
		name: 'Reset Session, state',
		type: 'cognigyResetSession',
		call: 'resetState',
		parameters: (sandbox) => reset(sandbox, 'state'),
		action: /^Resetting the state of session "s-1"/,
	},
	{
		name: 'Reset Session, both',
		type: 'cognigyResetSession',
		call: 'resetState',
		parameters: (sandbox) => reset(sandbox, 'both'),
		action: /^Resetting the state of session "s-1"/,
	},
	{
		name: 'Conversation, Find by Contact',
		type: 'cognigyConversation',
		call: 'listProfiles',
		parameters: () => ({ resource: 'contactProfile', operation: 'findByContact', contactId: 'user-1' }),
		action: /^Looking for the profile of contact "user-1"/,
	},
	{
		name: 'Conversation, Update a profile',
		type: 'cognigyConversation',
		call: 'updateProfile',
		parameters: () => ({
			...{ resource: 'contactProfile', operation: 'update', contactId: knownContact },
			profileFields: { age: 37 },
		}),
		action: /^Updating profile "[0-9a-f]{24}"/,
		uncertain: 'The profile may have been changed; Get shows it',
		isSafe: true,
		atOnce: 1,
	},
	{
		name: 'Conversation, Delete a profile',
		type: 'cognigyConversation',
		call: 'deleteProfile',
		parameters: ({ profiles }) => ({
			...{ resource: 'contactProfile', operation: 'delete', contactId: knownContact },
			profileId: profiles[0]?._id ?? '',
		}),
		action: /^Deleting profile "[0-9a-f]{24}"/,
		uncertain: 'The profile may have been deleted; Get shows whether it is there',
		isSafe: true,
	},
	{
		name: 'Conversation, Get Many',
		type: 'cognigyConversation',
		call: 'listConversations',
		parameters: () => ({ operation: 'getAll', contactId: 'user-1' }),
		action: /^Listing the conversations of contact "user-1"/,
	},
	{
		name: 'Release, Get Status',
		type: 'cognigyRelease',
		call: 'readEndpoint',
		parameters: ({ endpoint }) => ({ operation: 'getStatus', endpoint: picked('list', endpoint('Orders REST').id) }),
		action: /^Reading endpoint "[a-z0-9]{24}"/,
	},
	{
		name: 'Conversation, Get Transcript',
		type: 'cognigyConversation',
		call: 'readConversation',
		parameters: () => ({ sessionId: session.sessionId, onNotFound: 'output' }),
		action: /^Reading the transcript of session "s-1"/,
	},
];

const v11 = { deployment: 'snapshot', snapshot: picked('name', 'v1.1') };

/** What starts no flow, and is sent again only when it certainly did not run (guarantee 1). */
export const changes: Operation[] = [
	{
		name: 'Conversation, Create a profile',
		type: 'cognigyConversation',
		call: 'createProfile',
		parameters: () => ({ resource: 'contactProfile', operation: 'create', contactIds: 'user-1' }),
		action: /^Creating the profile of contact "user-1"/,
		atOnce: 1,
		uncertain: 'The profile may have been created; it was not sent again',
	},
	{
		name: 'Conversation, Inject Context',
		type: 'cognigyConversation',
		call: 'injectContext',
		parameters: () => ({ operation: 'injectContext', ...session, context: '{"vip":true}' }),
		action: /^Injecting into the context of session "s-1"/,
		uncertain: 'The context of session "s-1" may have been changed; it was not sent again',
	},
];

/** What is sent again only when it certainly did not run (guarantee 1). */
export const messages: Operation[] = [
	{
		name: 'Trigger Flow, REST',
		type: 'cognigyTriggerFlow',
		call: 'message',
		parameters: (sandbox) => messageTo(sandbox, 'rest'),
		action: /^Sending a message through endpoint-[0-9a-f]{12}/,
		uncertain: mayHaveRun,
	},
	{
		name: 'Trigger Flow, Webhook',
		type: 'cognigyTriggerFlow',
		call: 'message',
		parameters: (sandbox) => messageTo(sandbox, 'webhook'),
		action: /^Sending a message through endpoint-[0-9a-f]{12}/,
		uncertain: mayHaveRun,
	},
	{
		name: 'Trigger Flow, inject',
		type: 'cognigyTriggerFlow',
		call: 'inject',
		parameters: (sandbox) => messageTo(sandbox, 'webhook', { deliverAs: 'inject' }),
		action: /^Injecting a message through endpoint-[0-9a-f]{12}/,
		uncertain: mayHaveRun,
	},
	{
		name: 'Trigger Flow, inject and wait for the reply',
		type: 'cognigyTriggerFlow',
		call: 'inject',
		parameters: (sandbox) => messageTo(sandbox, 'socketio', { deliverAs: 'inject' }),
		action: /^Injecting a message through endpoint-[0-9a-f]{12}/,
		uncertain: mayHaveRun,
	},
	{
		name: 'Trigger Flow, notify',
		type: 'cognigyTriggerFlow',
		call: 'notify',
		parameters: (sandbox) => messageTo(sandbox, 'socketio', { deliverAs: 'notify' }),
		action: /^Notifying the user through endpoint-[0-9a-f]{12}/,
		uncertain: 'The user may have got it, in session "s-1"; it was not sent again',
	},
];

/** Changes to what runs: they are sent again only when they certainly did not run (guarantee 1). */
export const releases: Operation[] = [
	{
		name: 'Release, Create Snapshot',
		type: 'cognigyRelease',
		call: 'createSnapshot',
		parameters: () => ({ operation: 'createSnapshot', snapshotName: 'v3.0' }),
		action: /^Creating snapshot "v3.0"/,
		uncertain: 'The snapshot may have been created, or may still be created; it was not sent again',
	},
	{
		name: 'Release, Deploy Snapshot to Endpoint',
		type: 'cognigyRelease',
		call: 'updateEndpoint',
		parameters: ({ endpoint }) => ({
			endpoint: picked('list', endpoint('Orders REST').id),
			snapshot: picked('list', 'v2.0'),
		}),
		action: /^Deploying snapshot "v2.0" to endpoint "Orders REST"/,
		uncertain: 'Endpoint "Orders REST" may have been switched to snapshot "v2.0"; it was not sent again',
	},
	{
		name: 'Release, Delete Snapshot',
		type: 'cognigyRelease',
		call: 'deleteSnapshot',
		parameters: () => ({ operation: 'deleteSnapshot', snapshot: picked('list', 'v1.0'), confirmName: 'v1.0' }),
		action: /^Deleting snapshot "v1.0"/,
		uncertain: 'The snapshot may have been deleted, or may still be deleted; it was not sent again',
	},
	{
		name: 'Release, Export Package',
		type: 'cognigyRelease',
		call: 'createPackage',
		parameters: ({ endpoint }) => ({
			operation: 'exportPackage',
			packageName: 'Orders',
			resourceIds: endpoint('Orders REST').id,
		}),
		action: /^Making package "Orders"/,
		uncertain: 'The package may have been made, or may still be made; it was not sent again',
	},
];
