// What type each of several names has, in words, as `%who` tells it. Not inspection, which also tells where a name
// comes from and what it is for.
import ts from 'typescript'
import type { Scope } from './converter.ts'

/** The types of those symbols that are values, by name; that of a literal is the literal's kind. */
export function typesOf({ checker, source }: Scope, symbols: Iterable<ts.Symbol>): Record<string, string> {
  const types: Record<string, string> = {}
  for (const one of symbols) {
    const symbol = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one
    if (symbol.flags & ts.SymbolFlags.Value)
      types[one.name] = checker.typeToString(
        checker.getBaseTypeOfLiteralType(checker.getTypeOfSymbolAtLocation(symbol, source)),
      )
  }
  return types
}
