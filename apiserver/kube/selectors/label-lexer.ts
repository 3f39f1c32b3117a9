/** Tokens of a label selector (`k8s.io/apimachinery/pkg/labels/selector.go`, Lexer). */
export type Token =
  | { readonly kind: 'identifier'; readonly text: string }
  | { readonly kind: 'in' | 'notin' | '!' | '=' | '==' | '!=' | '>' | '<' | '(' | ')' | ','; readonly text: string }
  | { readonly kind: 'end'; readonly text: '' };

/** A NUL ends what stands before it; where a token should begin, it ends the text, as it does upstream. */
const TOKEN = /[ \t\r\n]*(?:([()<>,]|!=|!|==|=)|([^ \t\r\n()<>,!=\0]+))\0?/y;

/** Every text is a sequence of tokens; what may follow what is the parser's to say. Ends with `end`. */
function labelTokens(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [, symbol, word] = match;
    if (symbol !== undefined) tokens.push({ kind: symbol as '!', text: symbol });
    else tokens.push(wordToken(word as string));
  }
  return [...tokens, { kind: 'end', text: '' }];
}

function wordToken(text: string): Token {
  return text === 'in' || text === 'notin' ? { kind: text, text } : { kind: 'identifier', text };
}

/** Reads tokens one by one. `in` and `notin` are words unless an operator is asked for. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(text: string) {
    this.#tokens = labelTokens(text);
  }

  peek(): Token {
    return asWord(this.peekOperator());
  }

  next(): Token {
    return asWord(this.nextOperator());
  }

  peekOperator(): Token {
    return this.#tokens[Math.min(this.#position, this.#tokens.length - 1)] as Token;
  }

  nextOperator(): Token {
    const token = this.peekOperator();
    this.#position++;
    return token;
  }
}

function asWord(token: Token): Token {
  return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token;
}
