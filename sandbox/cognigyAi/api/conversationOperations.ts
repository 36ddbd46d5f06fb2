import type { WireAnswer } from '../../http/answers';
import { notFound, Refusal } from '../refusal';
import { projectOfEntrypoint } from '../resources';
import { jsonAnswer } from '../serve';
import type { CognigyAiSession } from '../sessions/sessions';
import { projectsOf, requireProject, type ApiCall } from './apiCall';
import { pageAnswer } from './formats';
import { pageOf, type Item } from './pages';
import { PAST_ENDPOINT, pastConversations, summaryOf } from './summaries';
import { transcriptOf } from './transcript';

/** What reads conversations (docs/protocol-cognigy-ai.md#conversations). */

/** A summary of each session that has a transcript. */
export function listConversations(call: ApiCall): WireAnswer {
	requireConversations(call);
	const { service, query, format } = call;
	const { settings } = service;
	const contactIds = query.getAll('contactIds[]');
	const { projectId } = service.resources.endpoints.find(({ name }) => name === PAST_ENDPOINT) ?? { projectId: '' };
	const past = [query.get('projectId'), null].includes(projectId) ? pastConversations(settings) : [];
	const all = [...ownSessions(call).flatMap((session) => summaryOf(service, session) ?? []), ...past]
		.filter(({ contactId }) => contactIds.length === 0 || contactIds.includes(contactId))
		.sort((a, b) => b.startTime.localeCompare(a.startTime));
	if (settings.conversationOrder === 'oldestFirst') all.reverse();
	const shown = (summary: Item) => {
		const { sessionId, ...rest } = summary;
		const padding =
			settings.pastConversationPadding === 0 ? {} : { padding: 'x'.repeat(settings.pastConversationPadding) };
		return settings.conversationId === '_id'
			? { ...rest, _id: String(sessionId), ...padding }
			: { ...summary, ...padding };
	};
	if (settings.conversationList === 'whole') return jsonAnswer(200, { items: all.map(shown) });
	const page = pageOf(all, query, settings);
	return pageAnswer({ ...page, items: page.items.map(shown) }, { many: 'conversations', one: 'conversation' }, format);
}

/** The transcript of all sessions with this id: two users may have the same one. */
export function readConversation(call: ApiCall): WireAnswer {
	requireConversations(call);
	const { settings } = call.service;
	const rows = ownSessions(call)
		.filter(({ sessionId }) => sessionId === call.id)
		.flatMap((session) => transcriptOf(call.service, session));
	if (rows.length === 0 && settings.unknownConversation === 'notFound') throw notFound('Conversation not found.');
	const items = settings.transcriptOrder === 'newestFirst' ? rows.reverse() : rows;
	return jsonAnswer(200, { items, total: items.length });
}

/** 403 for who may not read them. */
function requireConversations(call: ApiCall): void {
	const projectId = call.query.get('projectId');
	if (projectId !== null) requireProject(call, projectId);
	if (!call.key.readsConversations) throw new Refusal(403, 403, 'You need the role conversationHistory.');
}

/** Those of the project that is asked for, or of all of the user's. */
function ownSessions(call: ApiCall): CognigyAiSession[] {
	const { resources, sessions } = call.service;
	const projectId = call.query.get('projectId');
	const projects = projectId === null ? projectsOf(call) : [projectId];
	return sessions.all().filter(({ entrypoint }) => projects.includes(projectOfEntrypoint(resources, entrypoint) ?? ''));
}
