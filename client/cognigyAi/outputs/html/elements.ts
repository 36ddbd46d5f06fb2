/** Names of elements, and what they do to plain text. */

const set = (names: string): ReadonlySet<string> => new Set(names.split(' '));

/** They stand on lines of their own. */
export const BLOCKS = set(
	'address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure ' +
		'footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre search ' +
		'section select summary table tbody tfoot thead tr ul',
);

export const LISTS = set('ul ol menu dir');
export const CELLS = set('td th');

/** Nobody sees what they hold. */
export const HIDDEN = set('head noscript script style svg template');

/** What they show stands elsewhere, under the address in this attribute. */
export const ADDRESSES: ReadonlyMap<string, string> = new Map([
	['a', 'href'],
	['audio', 'src'],
	['embed', 'src'],
	['iframe', 'src'],
	['source', 'src'],
	['video', 'src'],
]);

/** Without a space between them, what they hold would run together. */
export const SPACED = set('break button label mstts:silence input output progress meter textarea w');

/** Nothing comes between their start and their end, so no end is written. */
const EMPTY = set('br hr wbr img input area base col embed link meta param source track break');

/** Nobody would write them in angle brackets unless they were meant as tags, even without attributes or an end. */
const CERTAIN = set(
	'abbr b bdi bdo blockquote body br center dd dl dt em fieldset figcaption font h1 h2 h3 h4 h5 h6 hgroup hr html i ' +
		'li nobr ol p pre say-as speak span strike strong sup table tbody td tfoot th thead tr tt u ul wbr div colgroup',
);

/** Names of variables and types too: alone, without anything else that is a tag, they are none. */
export const LETTERS = set('b i u');

/** Words too: `<address>` may well ask for an address. */
const WORDS = set(
	'a acronym address area article aside audio base big button canvas caption cite code col data datalist del desc ' +
		'details dfn dialog dir embed emphasis figure footer form frame frameset head header iframe img input ins kbd ' +
		'label lang legend lexicon link main map mark math menu meta metadata meter nav noframes noscript object ' +
		'optgroup option output param phoneme picture progress prosody q rb rp rt ruby s samp script search section ' +
		'select slot small source style sub summary svg template textarea time title token track var video voice w break',
);

const OF_SPEECH = /^(?:mstts|amazon|google):/;

/** Attributes that may stand without a value. */
const SWITCHES = set(
	'allowfullscreen async autofocus autoplay checked compact controls default defer disabled download formnovalidate ' +
		'hidden inert ismap itemscope loop multiple muted nomodule noshade novalidate nowrap open playsinline readonly ' +
		'required reversed selected',
);

/** Whether a name is one of HTML or SSML. @param name in lower case */
export function isElement(name: string): boolean {
	return CERTAIN.has(name) || WORDS.has(name) || OF_SPEECH.test(name);
}

/**
 * Whether something in angle brackets that has the name of an element is meant as one: `a <b and c> d` is not.
 * @param attributes their values; undefined for those without
 * @param isPaired whether the other end of the element is there
 */
export function isMeantAsTag(
	name: string,
	attributes: ReadonlyMap<string, string | undefined>,
	isPaired: boolean,
): boolean {
	let hasValue = false;
	for (const [attribute, value] of attributes) {
		if (value !== undefined) hasValue = true;
		else if (!SWITCHES.has(attribute) && !attribute.startsWith('data-')) return false;
	}
	return hasValue || CERTAIN.has(name) || (isPaired && !EMPTY.has(name));
}
