import type { WireAnswer } from '../../http/answers';
import { objectId } from '../ids';
import { notFound, Refusal } from '../refusal';
import { projectOfEntrypoint } from '../resources';
import { projectsOf, requireProject, type ApiCall } from './apiCall';
import { itemAnswer, pageAnswer } from './formats';
import { pageOf, type Item } from './pages';

/** What reads the profiles of contacts (docs/protocol-cognigy-ai.md#contact-profiles). */

const names = { many: 'profiles', one: 'profile' };

interface Profile extends Item {
	readonly contactIds: readonly string[];
}

export function listProfiles(call: ApiCall): WireAnswer {
	requireProfiles(call);
	const { settings } = call.service;
	const query = new URLSearchParams(call.query);
	const filter = query.get('filter') ?? '';
	query.delete('filter');
	const fits = fitting(filter, settings.profileFilter);
	const shown = profilesOf(call, call.query.get('projectId')).filter(({ contactIds }) => contactIds.some(fits));
	return pageAnswer(pageOf(shown, query, settings), names, call.format);
}

export function readProfile(call: ApiCall): WireAnswer {
	requireProfiles(call);
	const profile = profilesOf(call, null).find(({ _id }) => _id === call.id);
	if (!profile) throw notFound('Resource not found.');
	return itemAnswer(profile, names, call.format);
}

/** Whether a contact ID is one that the filter means. As a pattern, one that is no pattern means none. */
function fitting(filter: string, how: 'part' | 'pattern'): (contactId: string) => boolean {
	if (how === 'part') return (contactId) => contactId.includes(filter);
	try {
		const pattern = new RegExp(filter);
		return (contactId) => pattern.test(contactId);
	} catch {
		return () => false;
	}
}

function requireProfiles(call: ApiCall): void {
	const projectId = call.query.get('projectId');
	if (projectId !== null) requireProject(call, projectId);
	if (!call.key.readsConversations) throw new Refusal(403, 403, 'You need the role contact_profile_viewer.');
}

/** One of each who has said something, and those that were there before. */
function profilesOf(call: ApiCall, projectId: string | null): Profile[] {
	const { resources, sessions, settings } = call.service;
	const projects = projectId === null ? projectsOf(call) : [projectId];
	const demo = resources.projects.find(({ name }) => name === 'Demo')?._id ?? '';
	const spoken = new Map(
		sessions.all().map(({ userId, entrypoint }) => {
			const project = projectOfEntrypoint(resources, entrypoint) ?? '';
			const name = `of ${userId} in ${project}`;
			return [name, { name, contactIds: [userId], profile: {}, projectId: project }];
		}),
	);
	const given = settings.profiles.map((one, index) => ({ ...one, name: `given ${index}`, projectId: demo }));
	return [...spoken.values(), ...given]
		.filter((one) => projects.includes(one.projectId))
		.map(({ name, contactIds, profile, projectId: project }) => ({
			_id: objectId(`profile ${name}`),
			profile: { firstname: '', lastname: '', ...profile },
			active: true,
			contactIds,
			lastChanged: 1_760_000_000,
			projectId: project,
		}));
}
