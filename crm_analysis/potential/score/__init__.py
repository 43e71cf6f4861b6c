"""How likely a Low account is to be promising: the model, its choice, its trial on earlier days, its reasons."""
