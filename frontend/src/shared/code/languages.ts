import { completeAnyWord, completeFromList } from '@codemirror/autocomplete'
import { LanguageSupport, StreamLanguage } from '@codemirror/language'
import type { Extension } from '@codemirror/state'

export type CodeLanguage = 'python' | 'shell' | 'sql' | 'json' | 'text'

/** What a shell script is made of, besides the programs it calls. */
const SHELL_WORDS =
  'case cd continue declare do done echo elif else esac eval exec exit export false fi for function if in local mapfile ' +
  'printf read readonly return select set shift source test then trap true umask unset until wait while'

/** Words of the text itself are always offered, besides what the language knows. */
const WORDS_OF_TEXT = { autocomplete: completeAnyWord }

/** dialect: of SQL, the kind of a datasource. Loaded when first written in: nobody pays for four languages to write in one. */
export async function supportOf(language: CodeLanguage, dialect = ''): Promise<Extension> {
  switch (language) {
    case 'python': {
      const { python, pythonLanguage } = await import('@codemirror/lang-python')
      return [python(), pythonLanguage.data.of(WORDS_OF_TEXT)]
    }
    case 'shell': {
      const { shell } = await import('@codemirror/legacy-modes/mode/shell')
      const mode = StreamLanguage.define(shell)
      const keywords = SHELL_WORDS.split(' ').map((label) => ({ label, type: 'keyword' }))
      return new LanguageSupport(mode, [
        mode.data.of({ autocomplete: completeFromList(keywords) }),
        mode.data.of(WORDS_OF_TEXT),
      ])
    }
    case 'sql': {
      const { MySQL, PostgreSQL, SQLite, StandardSQL, sql } = await import('@codemirror/lang-sql')
      const dialects: Record<string, typeof StandardSQL> = {
        postgresql: PostgreSQL,
        mysql: MySQL,
        sqlite: SQLite,
      }
      const chosen = dialects[dialect] ?? StandardSQL
      return [sql({ dialect: chosen, upperCaseKeywords: true }), chosen.language.data.of(WORDS_OF_TEXT)]
    }
    case 'json': {
      const { json, jsonLanguage } = await import('@codemirror/lang-json')
      return [json(), jsonLanguage.data.of(WORDS_OF_TEXT)]
    }
    case 'text':
      return []
  }
}
