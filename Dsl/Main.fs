module Vantage.Placeholder
