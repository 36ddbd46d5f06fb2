import { summariseAdaptiveCard } from './adaptiveCard';
import { button, inBrackets } from './buttons';
import { fieldsOf, firstAddress, firstWords, join, joinDistinct, textOf, wordsOf, type Fields } from './fields';

/** Other channels' forms are many, and nested; deeper than this there are no words. */
const MAX_DEPTH = 12;

/** Sections for channels of others, in their forms. */
const CHANNELS = (
	'_webchat3 _app _xapp _whatsapp _slack _msteams _msTeams _teams _azureBotService _botFramework _line _telegram _viber ' +
	'_sunshine _sunshineConversations _smooch _ringCentralEngage _rcEngage _niceCXOne _genesys _userlike _intercom _zoom ' +
	'_workplace _8x8 _eightByEight _twilioSms _sms _bandwidth _alexa _google _dialogflow _amazonLex _twilio _avaya _spoken ' +
	'_audioCodes _audiocodes _voiceGateway _voiceGateway2'
).split(' ');

/** What the first section says that is in the form of another channel and says anything. */
export function summariseChannel(root: Fields): string {
	for (const name of CHANNELS) {
		const section = root[name];
		const words = name === '_app' || name === '_xapp' ? app(fieldsOf(section)) : wordsIn(section, 0);
		if (words !== '') return words;
	}
	return '';
}

/** An xApp that opens by itself. */
function app({ url, overlaySettings }: Fields): string {
	return inBrackets(wordsOf(fieldsOf(overlaySettings).screenTitle), firstAddress(url));
}

/** Fields with words, as the channels name them; the first of each line is read. */
const WORDS = [
	['title', 'header'],
	['subtitle'],
	['text', 'plainText', 'speech', 'ssml', 'body', 'content', 'caption', 'menuText', 'numberText', 'alternativeText'],
	['description', 'footer'],
];
const ALTERNATIVES = ['altText', 'alt_text', 'playUrlAltText'];
const ADDRESSES = [
	'mediaUrl',
	'originalContentUrl',
	'playUrlUrl',
	'imageUrl',
	'image_url',
	'largeImageUrl',
	'link',
	'url',
];

/** Fields whose entries can be pressed. */
const PRESSED = new Set([
	'actions',
	'buttons',
	'quickReply',
	'quickReplies',
	'quick_replies',
	'suggestions',
	'choices',
	'keyboard',
]);

/** Fields that are about how it is said, or for other programs. */
const SKIPPED = new Set(
	'activityParamsMeta config data headers metadata parameters params postback recognizer style styles synthesizer target'.split(
		' ',
	),
);

function wordsIn(value: unknown, depth: number): string {
	if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return '';
	if (Array.isArray(value))
		return join(
			value.map((one) => wordsIn(one, depth + 1)),
			'\n',
		);
	const fields = fieldsOf(value);
	if (fields.uiComponent || textOf(fields.type) === 'AdaptiveCard') return summariseAdaptiveCard(fields);
	const own = WORDS.map((names) => firstWords(...names.map((name) => fields[name])));
	const inner: string[] = [];
	const presses: string[] = [];
	for (const [name, child] of Object.entries(fields)) {
		if (PRESSED.has(name)) presses.push(...pressed(child, depth));
		else if (!SKIPPED.has(name)) inner.push(wordsIn(child, depth + 1));
	}
	const address = firstAddress(...ADDRESSES.map((name) => fields[name]));
	const alternatives = [...ALTERNATIVES.map((name) => fields[name]), address && fields.filename];
	const words = joinDistinct([...own, ...inner], '\n') || firstWords(...alternatives);
	const isMedia = /^(?:image|audio|video|file|document|play)/i.test(
		textOf(fields.type) || textOf(fields.verb) || textOf(fields.name),
	);
	const both = address && (words !== '' || isMedia) ? join([words, words ? `(${address})` : address], ' ') : words;
	return join([both, join(presses, ' ')], '\n');
}

/** LINE and Smooch call the words of a button label or text, WhatsApp has them one level deeper. */
function pressed(value: unknown, depth: number): string[] {
	if (depth > MAX_DEPTH) return [];
	if (!Array.isArray(value))
		return Object.values(fieldsOf(value)).flatMap((inner) => (Array.isArray(inner) ? pressed(inner, depth + 1) : []));
	return value.map(fieldsOf).flatMap((fields) => {
		const { text, reply, action, items } = fields;
		if (Array.isArray(items)) return pressed(items, depth + 1);
		const own = button({ label: firstWords(fields.label, text), ...fieldsOf(reply), ...fields });
		return [own || button({ label: firstWords(fieldsOf(action).label, fieldsOf(action).text), ...fieldsOf(action) })];
	});
}
