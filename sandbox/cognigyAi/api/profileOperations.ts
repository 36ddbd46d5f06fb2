import * as z from 'zod/v4';
import type { WireAnswer } from '../../http/answers';
import type { ProfileRole } from '../apiKeys';
import type { Profile } from '../profiles';
import { anyObject, bodyAs, id } from '../readBody';
import { notFound, Refusal } from '../refusal';
import { jsonAnswer, NO_CONTENT } from '../serve';
import { projectsOf, requireProject, type ApiCall } from './apiCall';
import { itemAnswer, pageAnswer } from './formats';
import { pageOf } from './pages';

/** What reads and changes the profiles of contacts (docs/protocol-cognigy-ai.md#contact-profiles). */

const names = { many: 'profiles', one: 'profile' };

const changeable = { profile: anyObject, active: z.boolean(), contactIds: z.array(id) };
const creation = z.object(changeable).partial().extend({ projectId: id }).strict();
const update = z.object(changeable).partial().strict();

export function listProfiles(call: ApiCall): WireAnswer {
	requireRole(call, 'viewer');
	const projectId = call.query.get('projectId');
	if (projectId !== null) requireProject(call, projectId);
	const { settings, profiles } = call.service;
	const query = new URLSearchParams(call.query);
	const filter = query.get('filter') ?? '';
	query.delete('filter');
	const fits = fitting(filter, settings.profileFilter);
	const all = profiles.all(projectId === null ? projectsOf(call) : [projectId]);
	const shown = all.filter(({ contactIds }) => contactIds.some(fits));
	return pageAnswer(pageOf(shown, query, settings), names, call.format);
}

export function readProfile(call: ApiCall): WireAnswer {
	requireRole(call, 'viewer');
	return itemAnswer(ownProfile(call), names, call.format);
}

export function createProfile(call: ApiCall): WireAnswer {
	requireRole(call, 'editor');
	const { projectId, ...content } = bodyAs(creation, call.body);
	requireProject(call, projectId);
	requireUntaken(call, content.contactIds, projectId);
	const made = call.service.profiles.create(projectId, content);
	call.service.changes.changed();
	return jsonAnswer(201, made);
}

export function updateProfile(call: ApiCall): WireAnswer {
	requireRole(call, 'editor');
	const profile = ownProfile(call);
	const change = bodyAs(update, call.body);
	requireUntaken(call, change.contactIds, profile.projectId, profile);
	call.service.profiles.change(profile, change);
	call.service.changes.changed();
	return NO_CONTENT;
}

export function deleteProfile(call: ApiCall): WireAnswer {
	requireRole(call, 'admin');
	call.service.profiles.delete(ownProfile(call));
	call.service.changes.changed();
	return NO_CONTENT;
}

function ownProfile(call: ApiCall): Profile {
	const profile = call.service.profiles.all(projectsOf(call)).find(({ _id }) => _id === call.id);
	if (!profile) throw notFound('Resource not found.');
	return profile;
}

function requireUntaken(
	{ service: { profiles, settings } }: ApiCall,
	contactIds: readonly string[] | undefined,
	projectId: string,
	own?: Profile,
): void {
	if (!contactIds || settings.profilesOfContact === 'several') return;
	if (profiles.isTaken(contactIds, projectId, own)) throw new Refusal(409, 409, 'A contact has a profile already.');
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

/** Each may do what those before it may. */
const RANKS: readonly ProfileRole[] = ['none', 'viewer', 'editor', 'admin'];

function requireRole({ key }: ApiCall, role: Exclude<ProfileRole, 'none'>): void {
	if (RANKS.indexOf(key.profiles) >= RANKS.indexOf(role)) return;
	throw new Refusal(403, 403, `You need the role contact_profile_${role}.`);
}
